"""Pictures as files: a machine and a run as SVG, PNG, Mermaid and DOT, from Python and from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sfnbook import StateMachine
from sfnbook.diagram.svg import LIGHT
from sfnbook.errors import InputError
from sfnbook.recorded_run import replay

SHOP: dict[str, Any] = {
    "StartAt": "Price",
    "States": {
        "Price": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:price", "Next": "Dear?"},
        "Dear?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.price", "NumericGreaterThan": 9, "Next": "No"}],
            "Default": "Yes",
        },
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Fail", "Error": "Dear"},
    },
}


@pytest.fixture
def machine() -> StateMachine:
    return StateMachine(SHOP, name="shop", namespace={"price": lambda event: {"price": event["n"]}})


def test_a_machine_is_drawn_in_every_format(machine: StateMachine) -> None:
    assert "Dear?" in "".join(ElementTree.fromstring(machine.to_svg()).itertext())
    assert machine.to_mermaid().startswith("flowchart TD\n")
    assert machine.to_png().startswith(b"\x89PNG")
    assert len(machine.to_png(scale=3)) > len(machine.to_png(scale=1))


def test_a_run_has_its_colours(machine: StateMachine) -> None:
    run = machine.run({"n": 12})
    assert run.to_svg().count('class="bad"') == 1
    assert run.to_svg("dark") != run.to_svg()
    assert run.to_png().startswith(b"\x89PNG")
    drawn = run.to_mermaid()
    assert f"classDef bad fill:{LIGHT['bad-f']},stroke:{LIGHT['bad-s']}" in drawn
    assert drawn.count(" ok\n") == 2
    assert replay(run.history(), machine).to_svg().count('class="bad"') == 1


def test_bad_input_says_what_there_is(machine: StateMachine) -> None:
    with pytest.raises(InputError, match="light"):
        machine.to_svg("pink")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"from 0\.1 to 10"):
        machine.to_png(scale=0)


def test_without_the_library_a_png_says_what_to_install(machine: StateMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(InputError, match=r"pip install 'sfnbook\[png\]'"):
        machine.to_png()


def draw(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sfnbook", "draw", *arguments], cwd=cwd, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("file", "begins"),
    [
        ("x.svg", b"<svg "),
        ("x.png", b"\x89PNG"),
        ("x.mmd", b"flowchart TD"),
        ("x.dot", b"digraph "),
        ("x.html", b"<!doctype"),
    ],
)
def test_the_command_writes_what_the_files_name_asks_for(tmp_path: Path, file: str, begins: bytes) -> None:
    (tmp_path / "shop.asl.json").write_text(json.dumps(SHOP))
    done = draw("shop.asl.json", "-o", file, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"shop → {file}\n", "")
    assert (tmp_path / file).read_bytes().startswith(begins)


def test_the_command_says_what_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "shop.asl.json").write_text(json.dumps(SHOP))
    done = draw("shop.asl.json", "-o", "x.gif", cwd=tmp_path)
    assert done.returncode == 2
    assert 'sfnbook: "x.gif" names no format of a picture' in done.stderr
    done = draw("shop.asl.json", "-o", "nowhere/x.svg", cwd=tmp_path)
    assert "sfnbook: The file nowhere/x.svg cannot be written: No such file or directory." in done.stderr
