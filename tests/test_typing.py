"""The types that a user's checker sees: the package says that it has some, and they are the right ones."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sfnbook

PROGRAM = Path(__file__).with_name("typed_program.py")

REVEALED = {
    "machine": "sfnbook.machine.StateMachine",
    "machine.bind('A', print)": "sfnbook.machine.StateMachine",
    "run": "sfnbook.run.Run",
    "run.status": "str",
    "run.error": "str | None",
    "run.visits[0].name": "str",
    "run.fork('A')": "sfnbook.run.Run",
    "sfnbook.validate('{}')": "dict[str, Any]",
    "sfnbook.returns(1)": "sfnbook.tasks.mocks.Outcome",
}
REFUSED = {
    'machine.run(clok="virtual")': 'Unexpected keyword argument "clok" for "run" of "StateMachine"',
    'machine.to_svg("blue")': 'Argument 1 to "to_svg" of "StateMachine" has incompatible type "Literal[\'blue\']"',
    'sfnbook.StateMachine({}, type="FAST")': 'Argument "type" to "StateMachine" has incompatible type',
    "run.state(1)": 'Argument 1 to "state" of "BaseRun" has incompatible type "int"; expected "str"',
    'sfnbook.mock("A", 1)': 'Argument 2 to "mock" has incompatible type "int"',
    "run.succeded": '"Run" has no attribute "succeded"',
    "sfnbook.StateMachin": 'Module has no attribute "StateMachin"',
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy --strict says of each file, in the order of its lines."""
    folder = tmp_path_factory.mktemp("use")
    head = "import sfnbook\nmachine = sfnbook.StateMachine({})\nrun = machine.run()\n"
    shutil.copy(PROGRAM, folder / "program.py")
    (folder / "revealed.py").write_text(head + "".join(f"reveal_type({one})\n" for one in REVEALED))
    (folder / "refused.py").write_text(head + "".join(f"{one}\n" for one in REFUSED))
    files = ("program.py", "revealed.py", "refused.py")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", "cache", *files],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if ': note: "' not in line]
    return {file: [line for line in lines if line.startswith(f"{file}:")] for file in files}


def test_a_users_program_has_no_error(said: dict[str, list[str]]) -> None:
    assert said["program.py"] == []


def test_a_users_checker_sees_our_types(said: dict[str, list[str]]) -> None:
    revealed = [line.partition("Revealed type is ")[2].strip('"') for line in said["revealed.py"]]
    assert dict(zip(REVEALED, revealed, strict=True)) == REVEALED


def test_what_is_wrong_is_refused_where_it_stands(said: dict[str, list[str]]) -> None:
    errors = [line for line in said["refused.py"] if " error: " in line]
    assert [int(line.split(":")[1]) for line in errors] == list(range(4, 4 + len(REFUSED)))
    assert [words in line for words, line in zip(REFUSED.values(), errors, strict=True)] == [True] * len(REFUSED)


def test_the_program_uses_every_public_name() -> None:
    used = {
        name
        for node in ast.walk(ast.parse(PROGRAM.read_text("utf-8")))
        for name in (
            [node.attr] if isinstance(node, ast.Attribute) else [node.id] if isinstance(node, ast.Name) else []
        )
    }
    assert set(sfnbook.__all__) - used == set()
