"""What the page is told, and that it never gets more than it can take."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sfnbook import StateMachine
from sfnbook.widget.traits.recorder import (
    BUDGET,
    EVENTS,
    PAGE,
    VALUE_TEXT,
    VISITS,
    Recorder,
    brief,
    chosen,
    fit,
    machine_message,
    pace,
    plain,
    value_message,
)

POLL = {
    "StartAt": "Decide",
    "States": {
        "Decide": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:decide", "Next": "Ready?"},
        "Ready?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.code", "NumericEquals": 200, "Next": "Done"}],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Decide"},
        "Done": {"Type": "Succeed"},
    },
}


def poll() -> Recorder:
    codes = iter([500, 200])

    def decide(event: Any) -> Any:
        print("deciding")
        return {"code": next(codes)}

    machine = StateMachine(POLL, name="poll", namespace={"decide": decide})
    return Recorder(machine, machine.run({"order": 7}))


def test_live_says_how_the_run_stands() -> None:
    live = poll().live()
    assert (live["status"], live["done"], live["visits_total"]) == ("SUCCEEDED", True, 6)
    assert live["statuses"]["/States/Decide"] == {"status": "succeeded", "visits": 2}
    assert live["output"]["text"] == '{"code":200}'
    assert live["edges"]["<start> -> /States/Decide"] == 1
    assert live["edges"]["/States/Ready? -> /States/Wait"] == 1
    assert live["edges"]["/States/Done -> <end>"] == 1


def test_a_visit_carries_all_that_a_click_shows() -> None:
    visit = next(v for v in poll().visits() if v["name"] == "Ready?")
    assert [stage["name"] for stage in visit["stages"]] == ["input", "output"]
    assert visit["next"] == "Wait"
    assert [rule["matched"] for rule in visit["rules"] or []] == [False, True]
    assert visit["summary"] == "No rule matched, so Default led to “Wait”."


def test_logs_and_times_of_a_task() -> None:
    visit = poll().visits()[0]
    assert visit["attempts"][0]["logs"] == "deciding\n"
    assert visit["start_ms"] == 0


def test_events_are_rows_of_a_table() -> None:
    events = poll().events()
    assert events[0][:3] == [1, 0, "ExecutionStarted"]
    assert events[1][4] == "Decide"


def test_a_whole_value_is_there_when_asked_for() -> None:
    recorder = poll()
    visit = recorder.visits()[0]
    assert recorder.whole({"visit": visit["id"], "stage": "result"}) == '{"code":500}'
    assert recorder.whole({"visit": None, "stage": "input"}) == '{"order":7}'
    assert recorder.whole({"visit": 999, "stage": "input"}) is None
    assert recorder.whole({"visit": visit["id"], "stage": "nonsense"}) is None


def test_the_machine_names_what_answers_its_tasks() -> None:
    message = machine_message(StateMachine(POLL, name="poll", namespace={"decide": print}))
    assert message["states"]["/States/Decide"]["bound"] is True
    assert message["states"]["/States/Wait"]["bound"] is None
    assert {node["id"] for node in message["graph"]["nodes"]} >= set(message["states"])
    unbound = machine_message(StateMachine(POLL, name="poll", namespace={}))["states"]["/States/Decide"]
    assert unbound["bound"] is False
    assert "decide" in unbound["binding"]


def test_a_large_run_stays_within_its_caps() -> None:
    item = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    machine = StateMachine(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": item, "End": True}}}, name="m"
    )
    run = machine.run([{"text": "x" * 60, "n": n} for n in range(2500)])
    recorder = Recorder(machine, run)
    live, visits, events = recorder.live(), recorder.visits(), recorder.events()
    assert (live["visits_total"], len(visits), len(events)) == (2501, VISITS, EVENTS)
    assert len(json.dumps([live, visits, events])) < 2_000_000
    assert live["statuses"]["/States/M"]["done"] == 2500
    assert [v["id"] for v in visits] == sorted(v["id"] for v in visits)


def test_failed_visits_are_always_kept() -> None:
    class Seen:
        def __init__(self, address: str, status: str) -> None:
            self.address, self.status = address, status

    visits: list[Any] = [Seen("/A", "succeeded") for _ in range(900)] + [Seen("/B", "succeeded")]
    visits.insert(450, Seen("/A", "failed"))
    kept = chosen(visits, 10)
    assert len(kept) == 10
    assert visits[450] in kept
    assert visits[0] in kept
    assert visits[-1] in kept


def test_a_long_value_is_cut_and_says_so() -> None:
    assert value_message("x" * VALUE_TEXT) == {
        "text": '"' + "x" * (VALUE_TEXT - 1),
        "bytes": VALUE_TEXT + 2,
        "cut": True,
    }


def test_the_longest_values_give_first() -> None:
    def visit(*texts: str) -> Any:
        return {
            "attempts": [],
            "assigned": {},
            "stages": [{"value": {"text": t, "bytes": len(t), "cut": False}} for t in texts],
        }

    cut = fit([visit("short", "x" * 5000), visit("y" * 5000)], budget=2005)
    texts = [stage["value"]["text"] for one in cut for stage in one["stages"]]
    assert [len(text) for text in texts] == [5, 1000, 1000]
    assert fit(cut, BUDGET) is cut


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_any_value_travels(value: Any) -> None:
    message = value_message(value)
    assert json.loads(message["text"]) == json.loads(json.dumps(value))
    assert len(message["text"].encode()) == message["bytes"]
    assert len(brief(value, 20)) <= 21


def test_lone_surrogates_travel_as_escapes() -> None:
    assert value_message("\ud83d")["text"] == '"\\ud83d"'
    assert plain("a\ud83d") == "a\ufffd"


def test_the_visits_that_did_not_travel_can_be_asked_for() -> None:
    item = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    machine = StateMachine(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": item, "End": True}}}, name="m"
    )
    recorder = Recorder(machine, machine.run([{"n": n} for n in range(3000)]))
    told = {visit["id"] for visit in recorder.visits()}
    first, rest = (recorder.reply({"kind": "outlines", "id": "q", "first": n}) or {} for n in (0, PAGE))
    outlines = [*first["visits"], *rest["visits"]]
    assert (len(first["visits"]), len(outlines), rest["first"]) == (PAGE, 3001, PAGE)
    missing = next(visit for visit in outlines if visit["id"] not in told)
    assert (missing["outline"], missing["stages"], "input" in missing) == (True, [], False)
    (whole,) = (recorder.reply({"kind": "visit", "id": "q", "visit": missing["id"]}) or {})["visits"]
    assert json.loads(whole["input"]["text"])["n"] >= 0
    assert {key: whole[key] for key in ("id", "address", "frame", "status", "start_ms", "end_ms")} == {
        key: missing[key] for key in ("id", "address", "frame", "status", "start_ms", "end_ms")
    }
    assert (recorder.reply({"kind": "visit", "visit": 10**8}) or {})["visits"] == []


def test_a_run_says_how_fast_its_clock_goes_and_when_what_waits_goes_on() -> None:
    machine = StateMachine(
        {"StartAt": "Hold", "States": {"Hold": {"Type": "Wait", "Seconds": 1000, "End": True}}}, name="slow"
    )
    run = machine.run(clock="x2", wait=False, threads=True)
    try:
        deadline = time.monotonic() + 5
        while not run._execution.resting and time.monotonic() < deadline:
            time.sleep(0.005)
        live = Recorder(machine, run).live()
    finally:
        run.stop()
        run.wait(5)
    assert live["rate"] == 2.0
    assert list(live["timers"]) == [str(run.visits[0].id)]
    assert abs(live["timers"]["2"] - 1000) < 1
    assert live["statuses"]["/States/Hold"]["until"] == live["timers"]["2"]
    ended = Recorder(machine, run).live()
    assert "rate" not in ended
    assert "timers" not in ended
    assert "until" not in ended["statuses"]["/States/Hold"]


def test_a_virtual_clock_goes_on_only_while_a_task_works() -> None:
    assert pace("virtual", True) == 1.0
    assert pace("virtual@2026-01-31T09:00:00Z", True) == 1.0
    assert pace("virtual", False) == 0.0
    assert pace("aws:work", True) == 0.0


def test_the_picture_as_text_in_the_runs_colours() -> None:
    machine = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="m")
    run = machine.run()
    reply = Recorder(machine, run).reply({"kind": "picture", "id": "1", "format": "mermaid"})
    assert reply == {"kind": "picture", "id": "1", "text": run.to_mermaid()}
    reply = Recorder(machine, run).reply({"kind": "picture", "id": "2", "format": "dot"})
    assert reply is not None
    assert reply["text"] == machine.to_dot().source
    reply = Recorder(machine, run).reply({"kind": "picture", "id": "3", "format": "gif"})
    assert reply is not None
    assert reply["text"] is None
