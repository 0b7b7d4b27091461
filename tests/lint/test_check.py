"""``sfnbook check``: files, folders, templates, formats, settings, fixes and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sfnbook.cli import main
from sfnbook.lint.fixes import distance

SOUND = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
WARNED = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "End": true}}}'
BROKEN = """\
{
  "StartAt": "a",
  "States": {
    "A": {
      "Type": "pass",
      "Coment": "%, é",
      "Next": "Bb"
    },
    "B": {
      "Type": "Wait",
      "Seconds": 5
    }
  }
}
"""
SAM = """\
Resources:
  One: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: one.asl.json, DefinitionSubstitutions: {Delay: "5"}}}
  Two: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: gone.asl.json}}
  Three: {Type: AWS::Serverless::StateMachine, Properties: {Definition: {StartAt: A, States: {A: {Type: Pass}}}}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sam").mkdir()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.asl.json").write_text(BROKEN)
    (tmp_path / "sam" / "template.yaml").write_text(SAM)
    (tmp_path / "sam" / "one.asl.json").write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Delay}, "End": true}}}'
    )
    (tmp_path / "sound.asl.json").write_text(SOUND)
    (tmp_path / "broken.asl.json").write_text(BROKEN)
    (tmp_path / "package.json").write_text('{"name": "States", "StartAt": 1}')
    (tmp_path / "data.json").write_text("[1, 2]")
    return tmp_path


def test_a_check_loads_nothing_that_runs_machines(project: Path) -> None:
    """What a commit hook waits for: no engine's session, no widget, none of botocore's classes."""
    (project / "task.asl.json").write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", '
        '"Parameters": {"TableName": "t", "Kee": {}}, "End": true}}}'
    )
    script = (
        "import sys; from sfnbook.cli import main; code = main(['check', 'task.asl.json'])\n"
        "heavy = ('botocore.model', 'sfnbook.run', 'sfnbook.machine', 'sfnbook.workspace', 'sfnbook.widget')\n"
        "print(code, [name for name in heavy if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "SFN404" in answer
    assert "Did you mean" in answer
    assert answer.splitlines()[-1] == "0 []"


def test_as_a_person_runs_it(project: Path) -> None:
    command = [sys.executable, "-m", "sfnbook", "check", "sound.asl.json", "-"]
    done = subprocess.run(command, input=BROKEN, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[0] == (
        "-:2:14: error ASL104 unknown-next at /StartAt: Missing 'Next' target: a. Did you mean \"A\"?"
    )
    assert done.stdout.splitlines()[-1] == "2 machines in 2 files: 4 errors, 0 warnings"


def test_a_folder_with_templates(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "package.json").unlink()
    assert main(["check", "sam", "*.asl.json"]) == 1
    shown = capsys.readouterr().out
    assert "gone.asl.json, which is not there" in shown
    assert "sam/template.yaml:4:95: error ASL107" in shown
    assert "node_modules" not in shown
    assert "one.asl.json:" not in shown  # it is checked once, filled in as its template does
    assert shown.splitlines()[-1] == "5 machines in 4 files: 7 errors, 0 warnings"
    assert main(["check", "sam", "--machine", "One"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["sound.asl.json"], 0), (["warned.asl.json"], 0), (["warned.asl.json", "--strict"], 1), (["nowhere.json"], 2)],
)
def test_exit_codes(project: Path, arguments: list[str], code: int) -> None:
    (project / "warned.asl.json").write_text(WARNED)
    assert main(["check", *arguments]) == code


def test_settings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "warned.asl.json").write_text(WARNED)
    settings = project / "pyproject.toml"
    settings.write_text('[tool.sfnbook]\nlevels = { variable-never-used = "error" }\n')
    assert main(["check", "warned.asl.json"]) == 1
    settings.write_text('[tool.sfnbook]\nignore = ["SFN304"]\nexclude = ["broken*", "sam/**", "package.json"]\n')
    assert main(["check", "--strict"]) == 0
    settings.write_text('[tool.sfnbook.per-file-ignores]\n"warned*" = ["SFN304"]\n')
    assert main(["check", "warned.asl.json", "--strict"]) == 0
    settings.write_text('[tool.sfnbook]\nignored = ["SFN304"]\n')
    assert main(["check", "warned.asl.json"]) == 2
    assert "has an unknown entry 'ignored'" in capsys.readouterr().err


def test_settings_of_a_named_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = project / "lint.toml"
    for text, said in (
        ("[tool]\nx = 1\n", "lint.toml has no [tool.sfnbook]"),
        ("[tool]\nsfnbook = 3\n", "lint.toml is no table: write [tool.sfnbook]"),
        ("[tool", "lint.toml cannot be read"),
        (None, "lint.toml cannot be read"),
    ):
        own.unlink(missing_ok=True)
        if text is not None:
            own.write_text(text, "utf-8")
        assert main(["check", "--config", str(own), str(project)]) == 2
        assert said in capsys.readouterr().err
    (project / "warned.asl.json").write_text(WARNED, "utf-8")
    assert main(["check", str(project / "warned.asl.json")]) == 0
    code = capsys.readouterr().out.split("SFN")[1][:3]
    own.write_text(f'[tool.sfnbook.levels]\nSFN{code} = "error"\n', "utf-8")
    assert main(["check", "--config", str(own), str(project / "warned.asl.json")]) == 1


def test_formats(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def shown(format: str) -> str:
        assert main(["check", "broken.asl.json", "sound.asl.json", "--format", format]) == 1
        return capsys.readouterr().out

    first = json.loads(shown("json"))[0]
    assert (first["file"], first["diagnostics"][0]["rule"], first["diagnostics"][0]["line"]) == (
        "broken.asl.json",
        "ASL104",
        2,
    )
    run = json.loads(shown("sarif"))["runs"][0]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {one["ruleId"] for one in run["results"]}
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 14}
    github = shown("github").splitlines()
    assert github[0].startswith("::error file=broken.asl.json,line=2,col=14,title=ASL104 unknown-next::Missing")
    suite = ElementTree.fromstring(shown("junit"))
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert suite[0][0].tag == "failure"


def test_fix_makes_what_has_one_right_answer(project: Path) -> None:
    file = project / "broken.asl.json"
    file.write_bytes(BROKEN.replace("\n", "\r\n").encode())
    assert main(["check", "broken.asl.json", "--fix"]) == 1
    assert file.read_bytes().decode().replace("\r\n", "\n") == (
        BROKEN.replace('"a"', '"A"')
        .replace('"pass"', '"Pass"')
        .replace('"Coment"', '"Comment"')
        .replace('"Seconds": 5', '"Seconds": 5,\n      "End": true')
    )  # Next: "Bb" may be A or B
    assert file.read_bytes().count(b"\r\n") == BROKEN.count("\n") + 1


def test_fixes_of_names_with_blanks_and_of_the_type(tmp_path: Path) -> None:
    file = tmp_path / "m.asl.yaml"
    states = "  Step 1:\n    tpye: Pass\n    Next: Step 2x  # next\n  Step 2: {type: Choice, Choices: [{Variable: $.a, IsPresent: true, Next: Done x}], Default: Done}\n"
    file.write_text(f"StartAt: Step 1\nStates:\n{states}  Done: {{Type: Succed}}\n", "utf-8")
    assert main(["check", str(file), "--fix"]) == 0
    mended = file.read_text("utf-8")
    assert "    Type: Pass\n    Next: Step 2  # next\n" in mended
    assert "Next: Done}], Default: Done}" in mended
    assert mended.endswith("Done: {Type: Succeed}\n")


def test_distance() -> None:
    assert (distance("ship", "shipped"), distance("a", "a"), distance("", "ab")) == (3, 0, 2)


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "SFN101"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("SFN101 choice-without-default (warning)\n\nA Choice has no Default.")
    assert 'ignore = ["SFN101"]' in shown
    assert main(["explain", "unknown-next"]) == 0
    assert "AWS refuses such a definition" in capsys.readouterr().out
    assert main(["explain", "SFN999"]) == 2
