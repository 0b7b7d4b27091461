"""Two versions compared: which states are the same, what differs, in words, in one picture, and by git."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sfnbook.cli import main
from sfnbook.convert.definition_diff import definition_diff
from sfnbook.convert.diff_picture import compare
from sfnbook.language.definition import Definition
from sfnbook.machine import SeenMachine

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


def one(name: str, **fields: Any) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: {"Type": "Pass", "End": True, **fields}}}


OLD: dict[str, Any] = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 3, "Next": "P"},
        "P": {"Type": "Parallel", "Branches": [one("X"), one("Y")], "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "F"}], "Default": "E"},
        "F": {"Type": "Task", "Resource": FUNCTION, "Next": "E"},
        "E": {"Type": "Succeed"},
    },
}


def changed(**states: Any) -> dict[str, Any]:
    """Return the old version with other states; None takes one out."""
    made = copy.deepcopy(OLD)
    made["States"] = {name: state for name, state in {**made["States"], **states}.items() if state is not None}
    return made


def read(value: Any) -> Definition:
    return SeenMachine(value).definition


def words(new: Any, old: Any = OLD) -> list[str]:
    return [str(change) for change in definition_diff(read(old).machine, read(new).machine)]


def test_the_same_says_nothing() -> None:
    assert words(copy.deepcopy(OLD)) == []


def test_states_and_fields() -> None:
    new = changed(W={"Type": "Wait", "Seconds": 5, "Next": "P"}, E=None, Z={"Type": "Succeed"})
    new["States"]["C"]["Default"] = "Z"
    new["States"]["F"]["Next"] = "Z"
    assert words(new) == [
        "~ /States/W Seconds: 3 → 5",
        '~ /States/C Default: "E" → "Z"',
        '~ /States/F Next: "E" → "Z"',
        "+ /States/Z",
        "- /States/E",
    ]


def test_a_branch_before_the_others_is_one_more_branch() -> None:
    parallel = {"Type": "Parallel", "Branches": [one("N"), one("X"), one("Y")], "Next": "C"}
    assert words(changed(P=parallel)) == ["+ /States/P/Branches[0]/States/N"]
    assert words(OLD, changed(P=parallel)) == ["- /States/P/Branches[0]/States/N"]


def test_a_state_that_went_into_a_branch_has_moved() -> None:
    inner = {"StartAt": "X", "States": {"X": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Task", "Resource": FUNCTION, "End": True}}}  # fmt: skip
    new = changed(P={"Type": "Parallel", "Branches": [inner, one("Y")], "Next": "C"}, F=None)
    new["States"]["C"]["Choices"][0]["Next"] = "E"
    assert "> /States/P/Branches[0]/States/F was /States/F" in words(new)
    assert not [line for line in words(new) if line.startswith(("+", "-"))]


def test_a_state_with_another_name_and_nothing_else_has_moved() -> None:
    new = changed(F=None, Find={"Type": "Task", "Resource": FUNCTION, "Next": "E"})
    new["States"]["C"]["Choices"][0]["Next"] = "Find"
    assert words(new) == ['~ /States/C Choices[0]/Next: "F" → "Find"', "> /States/Find was /States/F"]


def test_a_rule_put_before_another_is_one_more_rule() -> None:
    new = copy.deepcopy(OLD)
    rule = {"Variable": "$.b", "BooleanEquals": True, "Next": "E"}
    new["States"]["C"]["Choices"].insert(0, rule)
    assert words(new) == [f"~ /States/C Choices[0]: nothing → {json.dumps(rule, separators=(',', ':'))}"]


def test_the_picture_has_both_versions() -> None:
    new = changed(F=None, New={"Type": "Pass", "Next": "E"}, W={"Type": "Wait", "Seconds": 5, "Next": "P"})
    new["States"]["P"]["Branches"] = [one("N"), one("X")]
    new["States"]["C"]["Choices"][0]["Next"] = "New"
    drawn = compare(read(OLD), read(new)).svg()
    texts = {element.text for element in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")}
    assert {"A", "W", "N", "X", "Y", "C", "F", "New", "E", "Seconds: 3 → 5"} <= texts
    kinds = re.findall(r'<g class="(add|del|chg|mov)"><title>([^\n]*)', drawn)
    assert sorted(kinds) == [("add", "N"), ("add", "New"), ("chg", "C"), ("chg", "W"), ("del", "F"), ("del", "Y")]
    assert drawn.count('class="e next add"') == 1
    assert drawn.count('class="e choice del"') == 1


@pytest.mark.parametrize("new", [OLD, one("Q"), {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}])
def test_every_pair_can_be_drawn(new: Any) -> None:
    for pair in ((OLD, new), (new, OLD)):
        assert compare(*map(read, pair)).svg("auto").startswith("<svg")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    new = changed(W={"Type": "Wait", "Seconds": 5, "Next": "P", "Comment": "<b>|x"})
    for name, value in (("old.asl.json", OLD), ("new.asl.json", new)):
        (tmp_path / name).write_text(json.dumps(value))
    return [str(tmp_path / "old.asl.json"), str(tmp_path / "new.asl.json")]


def test_the_command(files: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["diff", *files]) == 1
    assert capsys.readouterr().out == '~ /States/W Seconds: 3 → 5\n~ /States/W Comment: nothing → "<b>|x"\n'
    assert main(["diff", files[0], files[0]]) == 0
    assert main(["diff", *files, "--markdown"]) == 1
    assert '| changed | /States/W | `Comment` |  | `"<b>\\|x"` |' in capsys.readouterr().out
    assert main(["diff", *files, "--svg"]) == 1
    assert capsys.readouterr().out.startswith("<svg")
    assert main(["diff", *files, "--html", "-o", str(tmp_path / "d.html")]) == 1
    page = (tmp_path / "d.html").read_text()
    assert "<code>&quot;&lt;b&gt;|x&quot;</code>" in page
    assert "<svg" in page
    assert main(["diff", files[0]]) == 2


def test_machines_of_templates_are_compared_by_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def template(**machines: Any) -> dict[str, Any]:
        return {"Resources": {id: {"Type": "AWS::Serverless::StateMachine", "Properties": {"Definition": one_}} for id, one_ in machines.items()}}  # fmt: skip

    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(template(A=one("X"), B=one("Y"))))
    new.write_text(json.dumps(template(A=one("X"), B=one("Y", Comment="c"), C=one("Z"))))
    assert main(["diff", str(old), str(new)]) == 1
    assert capsys.readouterr().out == 'B\n~ /States/Y Comment: nothing → "c"\nC\n+ /States/Z\n'
    assert main(["diff", str(old), str(new), "--svg"]) == 2
    assert main(["diff", str(old), str(new), "--svg", "--machine", "C"]) == 1


def test_git_calls_it(tmp_path: Path) -> None:
    """As a person sets it up; a file that is no definition is compared line by line."""

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("config", "diff.sfnbook.command", f'"{sys.executable}" -m sfnbook diff')
    (tmp_path / ".gitattributes").write_text("*.asl.json diff=sfnbook\n")
    (tmp_path / "m.asl.json").write_text(json.dumps(OLD))
    (tmp_path / "broken.asl.json").write_text("{1\n")
    git("add", ".")
    (tmp_path / "m.asl.json").write_text(json.dumps(changed(W={"Type": "Wait", "Seconds": 5, "Next": "P"})))
    (tmp_path / "broken.asl.json").write_text("{2\n")
    said = git("--no-pager", "diff")
    assert "sfnbook diff m.asl.json\n~ /States/W Seconds: 3 → 5\n" in said
    assert "-{1\n+{2\n" in said
