"""The command line: what is printed, and the exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sfnbook import cli
from sfnbook.exercises.course import lay_out

SHOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:decide", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 3600, "End": True},
    },
}
FUNCTIONS = """
def decide(event, context):
    print("deciding")
    return {"statusCode": event["code"]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop.asl.json").write_text(json.dumps(SHOP))
    (tmp_path / "functions_of_shop.py").write_text(FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "functions_of_shop", raising=False)
    return tmp_path


BIND = ["--bind", "Decide=functions_of_shop:decide"]


MOCKS = {
    "StateMachines": {"shop": {"TestCases": {"Happy": {"Decide": "Yes"}}}},
    "MockedResponses": {"Yes": {"0": {"Return": {"statusCode": 200}}}},
}


def test_mocks_answer_in_the_terminal_too(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "MockConfigFile.json").write_text(json.dumps(MOCKS))
    assert cli.main(["run", "shop.asl.json", "--test-case", "Happy"]) == 0
    assert 'output: {"statusCode":200}' in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("continue\n"))
    assert cli.main(["debug", "shop.asl.json", "--test-case", "Happy", "--mock-config", "MockConfigFile.json"]) == 0
    assert cli.main(["run", "shop.asl.json", "--test-case", "Hapy"]) == 2
    assert 'Did you mean "Happy"?' in capsys.readouterr().err


def test_what_describe_state_machine_answered_is_a_machine_and_run_begins_when_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Timestamp": "2030-01-02T00:00:00Z", "End": True}}}
    (folder / "answer.json").write_text(json.dumps({"name": "w", "definition": json.dumps(wait)}))
    assert cli.main(["validate", "answer.json"]) == 0
    assert cli.main(["run", "answer.json", "--clock", "virtual@2030-01-01T00:00Z", "--json"]) == 0
    assert '"stopDate": "2030-01-02T00:00:00+00:00"' in capsys.readouterr().out


def test_placeholders_are_filled_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": ${Delay}, "End": true}}}'
    (folder / "wait.asl.json").write_text(text)
    assert cli.main(["validate", "wait.asl.json"]) == 1
    assert cli.main(["validate", "wait.asl.json", "--substitute", "Delay=60"]) == 0
    assert cli.main(["run", "wait.asl.json", "--substitute", "${Delay}=60"]) == 0
    assert cli.main(["run", "wait.asl.json", "--substitute", "Delay"]) == 2
    assert "write NAME=VALUE" in capsys.readouterr().err


def test_run_prints_what_happened(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "shop.asl.json", "--quiet", "--input", '{"code": 200}', *BIND]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("shop")
    for expected in ("SUCCEEDED", "Decide", "Wait", '"statusCode"'):
        assert expected in out
    assert err == ""


@pytest.mark.parametrize("command", ["run", "debug"])
def test_a_bindings_file_says_what_answers(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("continue\n"))
    line = [command, "shop.asl.json", "--input", '{"code": 200}', "--bindings", "shop.toml"]
    (folder / "shop.toml").write_text('[bindings]\ndecide = "functions_of_shop:decide"\n')
    assert cli.main(line) == 0
    assert 'output: {"statusCode":200}' in capsys.readouterr().out
    (folder / "shop.toml").write_text('[mocks]\nDecide = { throw = "Busy", cause = "try later" }\n')
    monkeypatch.setattr("sys.stdin", io.StringIO("continue\n"))
    assert cli.main(line) == 1
    assert "error: Busy" in capsys.readouterr().out
    assert cli.main([*line[:-1], "none.toml"]) == 2
    assert "Cannot read the bindings file none.toml" in capsys.readouterr().err


def test_a_bindings_file_names_buckets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "rows.json").write_text("[1, 2]")
    (folder / "shop.toml").write_text('[buckets]\nrows = "./data"\n')
    end = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Z"}
    each = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": "rows", "Key": "rows.json"},
        },
        "ItemProcessor": {**end, "States": {"Z": {"Type": "Succeed"}}},
        "End": True,
    }
    (folder / "rows.asl.json").write_text(json.dumps({"StartAt": "Each", "States": {"Each": each}}))
    assert cli.main(["run", "rows.asl.json", "--bindings", "shop.toml"]) == 0
    assert "output: [1,2]" in capsys.readouterr().out


def test_run_as_json_has_the_answers_of_aws(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "input.json").write_text('{"code": 1}')
    assert cli.main(["run", "shop.asl.json", "--input", "@input.json", "--json", *BIND]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "SUCCEEDED"
    assert json.loads(answer["output"]) == {"statusCode": 1}
    assert [event["type"] for event in answer["events"]][:2] == ["ExecutionStarted", "TaskStateEntered"]


def test_a_failed_run_is_exit_code_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "shop.asl.json", *BIND]) == 1
    assert "KeyError" in capsys.readouterr().out


def test_validate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", "shop.asl.json"]) == 0
    assert capsys.readouterr().out.endswith("shop.asl.json: OK\n")
    (folder / "bad.json").write_text('{\n  "StartAt": "A",\n  "States": {"B": {"Type": "Succeed"}}\n}')
    assert cli.main(["validate", "bad.json"]) == 1
    out = capsys.readouterr().out
    assert "line 2, column" in out
    assert out.endswith("bad.json: FAIL\n")
    assert cli.main(["validate", "bad.json", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["result"] == "FAIL"
    assert cli.main(["run", "bad.json"]) == 1
    assert "line 2, column" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "none.json"], "The file none.json cannot be read: No such file or directory."),
        (["run", "shop.asl.json", "--input", "{"], "The input is not JSON: "),
        (["run", "shop.asl.json", "--input", "@none.json"], "The file none.json cannot be read"),
        (["run", "shop.asl.json", "--bind", "x"], "--bind x: write RESOURCE=MODULE:FUNCTION"),
        (["run", "shop.asl.json", "--bind", "x=no_such_module:f"], "cannot be imported here"),
        (["run", "shop.asl.json", "--bind", "x=functions_of_shop:f"], "has no function f"),
        (["run", "shop.asl.json", "--clock", "sundial"], "sundial"),
        (["validate", "none.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_carried_out_is_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert "Traceback" not in out + err


def test_the_course_is_laid_out_once_and_changes_stay(tmp_path: Path) -> None:
    assert lay_out(tmp_path / "course") == []
    first = min((tmp_path / "course").glob("*.ipynb"))
    assert first.name == "01-choice.ipynb"
    first.write_text("mine")
    assert lay_out(tmp_path / "course") == ["kept your 01-choice.ipynb"]
    assert first.read_text() == "mine"
    assert f"--ServerApp.root_dir={tmp_path / 'course'}" in cli.lab_options(tmp_path / "course")


def test_the_lab_does_not_ask_about_news(tmp_path: Path) -> None:
    option = next(option for option in cli.lab_options(tmp_path) if option.startswith("--LabApp.app_settings_dir="))
    overrides = json.loads((Path(option.partition("=")[2]) / "overrides.json").read_text("utf-8"))
    assert overrides["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false"}


def test_the_course_cannot_be_laid_out_onto_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("")
    assert cli.main(["lab", "--dir", str(tmp_path / "taken")]) == 2
    assert "The course cannot be copied to" in capsys.readouterr().err


def test_as_a_program(folder: Path) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-m", "sfnbook", "run", "shop.asl.json", "--quiet", "--input", '{"code": 2}', *BIND],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "SUCCEEDED" in done.stdout
    bare = subprocess.run(
        [sys.executable, "-m", "sfnbook"], capture_output=True, text=True, env=environment, check=False
    )
    assert bare.returncode == 2
    assert "sfnbook lab" in bare.stdout
