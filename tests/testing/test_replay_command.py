"""``sfnbook replay``: recorded histories against a definition of today, as a person runs it; ``sfnbook.replay``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from sfnbook import StateMachine, replay

ORDERS = Path(__file__).parents[2] / "examples" / "orders"


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sfnbook", *words], cwd=cwd, capture_output=True, text=True)


def test_same_and_changed_definitions(tmp_path: Path) -> None:
    orders = tmp_path / "orders"
    shutil.copytree(ORDERS, orders, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    words = ("replay", "histories", "--machine", "template.yaml", "--name", "Orders")
    done = run(*words, cwd=orders)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 of 2 histories end as recorded, step by step." in done.stdout
    file = orders / "statemachine" / "orders.asl.json"
    text = file.read_text("utf-8")
    changed = text.replace('{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Refused"}', "")
    assert changed != text
    file.write_text(changed, "utf-8")
    done = run(*words, "--json", "--html", "page.html", cwd=orders)
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert found["same"] is False
    verdicts = {one["name"]: one["verdict"] for one in found["histories"]}
    assert verdicts == {"order-7-paid-late.json": "same", "order-8-declined.json": "differs"}
    page = (orders / "page.html").read_text("utf-8")
    assert page.count("data:image/svg+xml") == 4
    assert "order-8-declined.json: differs" in page
    done = run("replay", "nowhere", "--machine", "template.yaml", cwd=orders)
    assert done.returncode == 2
    assert "nowhere: no file with a history there." in done.stderr
    assert "Traceback" not in done.stderr


def test_replay_is_public_whatever_was_imported_before() -> None:
    from sfnbook.recorded_run import RecordedRun

    recorded = replay(ORDERS / "histories" / "order-8-declined.json")
    assert isinstance(recorded, RecordedRun)
    assert recorded.error == "OrderRefused"


def test_a_recorded_run_has_what_a_run_has(tmp_path: Path) -> None:
    run = replay(ORDERS / "histories" / "order-8-declined.json")
    answers = run.mocks("Declined", save=tmp_path / "MockConfigFile.json")["MockedResponses"]
    assert [next(iter(one["0"])) for one in answers.values()] == ["Return", "Throw"]
    assert run.to_html(tmp_path / "run.html").read_text("utf-8").startswith("<!doctype html>")
    assert len(run.to_frame()) == len(run.visits)
    assert run.compare(run) == run.compare(run)
    assert run.lineage("Charge", stage="input").origins
    assert run.find("$..id")


def test_a_recorded_run_is_forked_without_one_live_call() -> None:
    machine = StateMachine(ORDERS / "template.yaml", name="Orders")
    called: list[str] = []

    def nobody(event: object) -> dict[str, str]:
        called.append("somebody")
        return {"id": "new"}

    machine.bind("*", nobody)
    paid = replay(ORDERS / "histories" / "order-7-paid-late.json", machine)
    again = paid.fork("Reserve")
    assert (again.status, again.path, again.output, called) == (paid.status, paid.path, paid.output, [])
    assert again.seconds == paid.seconds
    live = paid.fork("Reserve", bind={"Store": nobody})
    assert (live.path, called) == (paid.path, ["somebody"])
    declined = replay(ORDERS / "histories" / "order-8-declined.json", machine)
    on = declined.fork("Charge", answer={"id": "p"})
    assert (on.path[-1], called) == ("Store", ["somebody", "somebody"])
