"""Redrive of a Map run: the children that did not succeed, then those that never began; the run stays the same run."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from machines import FUNCTION, NAMES, NOON, Fails, Never, counts, drive, program, spread, states, types
from test_redrive import go_on

from sfnbook.engine.commands import Redrive, Stop, TaskSucceeded
from sfnbook.engine.distributed_map.children import history_of, known
from sfnbook.engine.eligibility import MAP_RUN_REDRIVES, MOST_EVENTS, redrive_status_reason
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import Call
from sfnbook.engine.journal import Journal, recall, replay, rewind
from sfnbook.engine.program import Program
from sfnbook.history.aws import wire_map_run

PASS = {"Type": "Pass"}
TASK = {"Type": "Task", "Resource": FUNCTION + "f"}
WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}


class Script:
    """Answers a call with its argument times 10; the first call for each of ``bad`` fails."""

    def __init__(self, *bad: Any) -> None:
        self.bad = list(bad)
        self.seen: list[Any] = []

    def __call__(self, call: Call) -> Any:
        if call.kind != "task":
            return {"MapRunArn": call.arguments["MapRunArn"]}
        self.seen.append(call.arguments)
        if call.arguments in self.bad:
            self.bad.remove(call.arguments)
            return Fails("E", "c")
        return call.arguments * 10


def child(execution: Execution, number: int) -> Any:
    return execution.map_runs[-1].children[number]


def child_types(execution: Execution, number: int) -> list[str]:
    return [event.type for event in child(execution, number).events]


def test_only_what_did_not_succeed_runs_again_in_the_same_map_run() -> None:
    made = program(states(("M", spread(("A", PASS), ("T", TASK), MaxConcurrency=1))))
    script = Script(2)
    run = drive(made, [1, 2, 3], script)
    assert counts(run) == {"succeeded": 1, "failed": 1, "pending": 1, "total": 3}
    arn = run.map_runs[0].arn
    go_on(run, script)
    assert (run.status, run.output, script.seen) == ("SUCCEEDED", [10, 20, 30], [1, 2, 2, 3])
    assert [r.arn for r in run.map_runs] == [arn]
    assert [(e.id, e.previous, e.type, e.detail) for e in run.events[6:9]] == [
        (7, 6, "ExecutionFailed", run.events[6].detail),
        (8, 7, "ExecutionRedriven", {"redriveCount": 1}),
        (9, 8, "MapRunRedriven", {"mapRunArn": arn, "redriveCount": 1}),
    ]
    assert types(run)[9:] == ["MapRunSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]
    wire = wire_map_run(run.map_runs[0])
    assert (wire["status"], wire["redriveCount"], wire["redriveDate"].timestamp()) == ("SUCCEEDED", 1, NOON + 60)
    assert counts(run) == {"succeeded": 3, "total": 3, "resultsWritten": 3}


def test_a_standard_child_goes_on_where_it_failed_and_its_history_with_it() -> None:
    made = program(states(("M", spread(("A", PASS), ("T", TASK)))))
    script = Script(2)
    run = drive(made, [1, 2], script)
    name = child(run, 1).name
    assert (child(run, 1).status, child(run, 1).redrivable) == ("FAILED", True)
    go_on(run, script)
    assert child_types(run, 1) == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionFailed",
        "ExecutionFailed",
        "ExecutionRedriven",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert [event.id for event in child(run, 1).events] == list(range(1, 15))
    again = child(run, 1)
    assert (again.name, again.status, again.redrives, again.redriven_at) == (name, "SUCCEEDED", 1, NOON + 60)
    assert child(run, 0).redrives == 0


def test_a_redriven_child_sees_its_redrive_in_the_context_object() -> None:
    look = {**TASK, "Parameters": {"n.$": "$$.Execution.RedriveCount", "v.$": "$$.Map.Item.Value"}}
    made = program(states(("M", spread(("T", look), MaxConcurrency=1))))
    asked: list[Any] = []

    def answers(call: Call) -> Any:
        asked.append(call.arguments)
        return Fails("E") if len(asked) == 1 else {}

    run = drive(made, ["a", "b"], answers)
    go_on(run, answers)
    assert asked == [{"n": 0, "v": "a"}, {"n": 1, "v": "a"}, {"n": 0, "v": "b"}]


def test_an_express_child_starts_again_under_its_name_and_counts_no_redrive() -> None:
    made = program(states(("M", spread(("A", PASS), ("T", TASK), kind="EXPRESS"))))
    script = Script(2)
    run = drive(made, [1, 2], script)
    name = child(run, 1).name
    go_on(run, script)
    assert (run.output, run.map_runs[0].redrives) == ([10, 20], 1)
    again = child(run, 1)
    assert (again.name, again.redrives, again.redriven_at) == (name, 0, None)
    assert child_types(run, 1)[:2] == ["ExecutionStarted", "PassStateEntered"]
    assert "ExecutionRedriven" not in child_types(run, 1)


def test_branches_of_a_child_that_succeeded_stay() -> None:
    branches = [states((name, {**TASK, "Parameters": {"b": name, "i.$": "$"}})) for name in "XY"]
    made = program(states(("M", spread(("P", {"Type": "Parallel", "Branches": branches})))))
    asked: list[Any] = []

    def answers(call: Call) -> Any:
        asked.append((call.arguments["b"], call.arguments["i"]))
        return Fails("E") if asked.count(("Y", 7)) == 1 and asked[-1] == ("Y", 7) else call.arguments["b"]

    run = drive(made, [7], answers)
    go_on(run, answers)
    assert (run.output, asked) == ([["X", "Y"]], [("X", 7), ("Y", 7), ("Y", 7)])


def started(made: Program, data: Any) -> Execution:
    execution = Execution.start(made, data, at=NOON, names=NAMES)
    execution.advance()
    return execution


def test_aborted_children_of_a_stopped_execution_are_redriven() -> None:
    execution = started(program(states(("M", spread(("T", TASK), MaxConcurrency=2)))), [1, 2, 3])
    execution.handle(TaskSucceeded(NOON, execution.outbox[0].id, "one"))
    execution.advance()
    execution.handle(Stop(NOON + 1))
    assert counts(execution) == {"succeeded": 1, "aborted": 2, "total": 3}
    script = Script()
    go_on(execution, script)
    assert (execution.output, script.seen) == (["one", 20, 30], [2, 3])
    assert "ExecutionAborted" in child_types(execution, 1)


def test_children_wait_for_a_place_as_pending_redrive() -> None:
    made = program(states(("M", spread(("T", TASK), MaxConcurrency=2, ToleratedFailureCount=2))))
    run = drive(made, [1, 2, 3, 4], lambda call: Fails("E") if call.arguments < 4 else Never())
    run.handle(Redrive(NOON + 60))
    figures = wire_map_run(run.map_runs[0])["executionCounts"]
    assert {k: v for k, v in figures.items() if v} == {"running": 2, "pendingRedrive": 2, "total": 4}
    assert [(c.number, c.status) for c in known(run.map_runs[0])] == [
        (0, "RUNNING"),
        (1, "RUNNING"),
        (2, "PENDING_REDRIVE"),
        (3, "PENDING_REDRIVE"),
    ]
    run.handle(Stop(NOON + 61))
    assert counts(run) == {"failed": 1, "aborted": 3, "total": 4}
    assert [c.status for c in known(run.map_runs[0])] == ["ABORTED", "ABORTED", "FAILED", "ABORTED"]
    go_on(run, Script())
    assert run.output == [10, 20, 30, 40]
    assert [child(run, n).redrives for n in range(4)] == [2, 2, 1, 1]


def test_a_thousand_children_that_fail_at_once_are_redriven_one_after_the_other() -> None:
    bad = ("Bad", {"Type": "Fail", "Error": "E"})
    made = program(states(("M", spread(bad, ToleratedFailureCount=1_999))))
    run = drive(made, list(range(2_500)))
    assert counts(run)["failed"] == 2_000
    go_on(run, None)
    assert run.error == "States.ExceedToleratedFailureThreshold"
    assert counts(run) == {"failed": 2_000, "aborted": 500, "total": 2_500}


def test_batches_are_redriven_as_they_were() -> None:
    made = program(states(("M", spread(("T", TASK), ItemBatcher={"MaxItemsPerBatch": 2}, MaxConcurrency=1))))
    asked: list[Any] = []

    def answers(call: Call) -> Any:
        asked.append(call.arguments["Items"])
        return Fails("E") if len(asked) == 2 else sum(call.arguments["Items"])

    run = drive(made, [1, 2, 3, 4, 5], answers)
    go_on(run, answers)
    assert (run.output, asked) == ([3, 7, 5], [[1, 2], [3, 4], [3, 4], [5]])
    assert counts(run) == {"succeeded": 5, "total": 5, "resultsWritten": 5}


def test_the_writer_writes_again_with_the_last_outcome_of_each_child() -> None:
    made = program(states(("M", spread(("T", TASK), ResultWriter=WRITER, MaxConcurrency=1))))
    script, written = Script(2), list[Any]()

    def answers(call: Call) -> Any:
        if call.kind == "ResultWriter":
            written.append({file: list(records) for file, records in call.arguments["Executions"].items()})
        return script(call)

    run = drive(made, [1, 2, 3], answers)
    go_on(run, answers)
    first, second = written
    assert [len(first[file]) for file in ("SUCCEEDED", "FAILED", "PENDING")] == [1, 1, 1]
    assert (first["FAILED"][0]["RedriveStatus"], first["FAILED"][0]["RedriveCount"]) == ("REDRIVABLE_BY_MAP_RUN", 0)
    assert [len(second[file]) for file in ("SUCCEEDED", "FAILED", "PENDING")] == [3, 0, 0]
    assert [record["RedriveCount"] for record in second["SUCCEEDED"]] == [0, 1, 0]


def test_a_writer_that_failed_is_asked_again_and_no_child_is() -> None:
    made = program(states(("M", spread(("T", TASK), ResultWriter=WRITER))))
    script, wrong = Script(), [True]

    def answers(call: Call) -> Any:
        if call.kind == "ResultWriter" and wrong:
            wrong.clear()
            return Fails("States.ResultWriterFailed")
        return script(call)

    run = drive(made, [1, 2], answers)
    assert run.error == "States.ResultWriterFailed"
    go_on(run, answers)
    assert (run.status, script.seen, run.map_runs[0].redrives) == ("SUCCEEDED", [1, 2], 1)


def test_a_reader_that_failed_leads_to_another_map_run() -> None:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}
    made = program(states(("M", spread(("A", PASS), ItemReader={**reader, "ReaderConfig": {"InputType": "JSON"}}))))
    answers = iter([Fails("States.ItemReaderFailed"), ["x"]])
    run = drive(made, {}, lambda call: next(answers))
    go_on(run, lambda call: next(answers))
    assert (run.output, [r.status for r in run.map_runs]) == (["x"], ["FAILED", "SUCCEEDED"])
    assert "MapRunRedriven" not in types(run)


def test_a_selector_that_failed_leads_to_another_map_run() -> None:
    made = program(states(("M", spread(("T", TASK), ItemSelector={"v.$": "$$.Map.Item.Value.v"}))))
    run = drive(made, [{"v": 1}, {}])
    go_on(run, None)
    assert (run.error, len(run.map_runs), "MapRunRedriven" in types(run)) == ("States.Runtime", 2, False)


def test_a_caught_map_run_is_not_redriven() -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "After"}]
    made = program(states(("M", spread(("T", TASK), Catch=caught)), ("After", {"Type": "Fail", "Error": "F"})))
    run = drive(made, [1], Script(1))
    go_on(run, Script())
    assert (run.error, types(run)[-3:]) == ("F", ["ExecutionRedriven", "FailStateEntered", "ExecutionFailed"])


def test_a_child_with_too_long_a_history_is_not_redrivable() -> None:
    loop = states(("L", {**PASS, "Next": "L"}))
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "L"}], "Default": "T"}
    inner = {"StartAt": "C", "States": {"C": choice, **loop["States"], "T": {**TASK, "End": True}}}
    made = program(states(("M", {"Type": "Map", "ItemProcessor": {**config, **inner}, "ToleratedFailureCount": 1})))
    script = Script(2)
    run = drive(made, [1, 2, 3], script)
    assert len(child(run, 0).events) == 25_000
    figures = wire_map_run(run.map_runs[0])
    assert (run.status, figures["executionCounts"]["failuresNotRedrivable"]) == ("FAILED", 1)
    assert figures["itemCounts"]["failuresNotRedrivable"] == 1
    go_on(run, script)
    assert run.status == "SUCCEEDED"
    stuck, good, _ = run.output
    assert (stuck["RedriveStatus"], stuck["RedriveStatusReason"], good) == (
        "NOT_REDRIVABLE",
        "Execution history event limit exceeded",
        20,
    )
    assert counts(run)["failuresNotRedrivable"] == counts(run)["failed"] == 1


def test_a_map_run_inside_a_child_is_redriven_with_it() -> None:
    made = program(states(("M", spread(("N", spread(("T", TASK), MaxConcurrency=1))))))
    script = Script(2)
    run = drive(made, [[1, 2, 3], [4]], script)
    go_on(run, script)
    assert (run.output, script.seen) == ([[10, 20, 30], [40]], [1, 4, 2, 2, 3])
    assert "MapRunRedriven" in [event.type for event in run.map_runs[0].children[0].events]
    assert [r.redrives for r in run.map_runs] == [1, 1, 0]


def test_a_run_is_redriven_again_and_again() -> None:
    made = program(states(("M", spread(("T", TASK)))))
    script = Script(1, 1, 1)
    run = drive(made, [1], script)
    for times in (1, 2, 3):
        go_on(run, script)
        assert [e.detail["redriveCount"] for e in run.events if e.type == "MapRunRedriven"] == list(range(1, times + 1))
    assert (run.output, child(run, 0).redrives) == ([10], 3)


def test_histories_that_are_not_kept_can_go_on_too() -> None:
    made = program(states(("M", spread(("T", TASK), ToleratedFailureCount=150))))
    bad = list(range(1, 152))
    script = Script(*bad)
    run = drive(made, bad, script)
    assert len(run.map_runs[0].children) == 100
    go_on(run, script)
    assert run.output == [10 * n for n in bad]
    assert child(run, 0).events[-1].id == 12


def test_a_replay_of_a_redriven_map_run_is_the_run() -> None:
    made = program(states(("M", spread(("A", PASS), ("T", TASK), MaxConcurrency=2, ToleratedFailureCount=1))))
    journal = Journal([1, 2, 3, 4, 5], NOON, 0, NAMES)
    script = Script(2, 3, 5)
    run = drive(made, journal.input, script, journal=journal)
    go_on(run, script, journal)
    again = replay(made, journal)
    assert again.events == run.events
    assert again.map_runs[0].children == run.map_runs[0].children
    assert wire_map_run(again.map_runs[0]) == wire_map_run(run.map_runs[0])


def test_what_aws_says_of_an_execution_that_cannot_be_redriven() -> None:
    assert redrive_status_reason("FAILED", MOST_EVENTS) is None
    assert redrive_status_reason("FAILED", MOST_EVENTS + 1) == "Execution history event limit exceeded"
    assert redrive_status_reason("SUCCEEDED") == "Execution is SUCCEEDED and cannot be redriven"
    assert redrive_status_reason("ABORTED", since=15 * 86_400) == "Execution redrivable period exceeded"
    run = drive(program(states(("T", TASK))), {}, lambda call: Fails("E"))
    run.handle(Redrive(run.now + 15 * 86_400))
    assert run.status == "FAILED"


def test_an_aborted_tasks_timeout_is_no_longer_due() -> None:
    slow = states(("T", {**TASK, "TimeoutSeconds": 60}))
    bad = states(("F", {"Type": "Fail", "Error": "E"}))
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "W"}]
    parallel = {"Type": "Parallel", "Branches": [slow, bad], "Catch": caught}
    run = drive(program(states(("P", parallel), ("W", {"Type": "Wait", "Seconds": 100}))), {}, lambda call: Never())
    assert (run.status, run.now) == ("SUCCEEDED", NOON + 100)


def test_a_state_after_a_caught_parallel_is_redriven_itself() -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "X"}]
    parallel = {"Type": "Parallel", "Branches": [states(("F", {"Type": "Fail", "Error": "E"}))], "Catch": caught}
    run = drive(program(states(("P", parallel), ("X", {"Type": "Fail", "Error": "Y"}))))
    go_on(run, None)
    assert (types(run)[-3:], run.error) == (["ExecutionRedriven", "FailStateEntered", "ExecutionFailed"], "Y")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 9), max_size=9),
    st.lists(st.booleans(), max_size=20),
    st.sampled_from(["STANDARD", "EXPRESS"]),
    st.integers(0, 3),
    st.sampled_from([{}, {"ItemBatcher": {"MaxItemsPerBatch": 2}}, {"ToleratedFailureCount": 0}]),
)
def test_redriven_until_it_succeeds_it_gives_what_it_would_have_given(
    items: list[int], failures: list[bool], kind: str, concurrency: int, fields: dict[str, Any]
) -> None:
    inner = (("A", PASS), ("T", {**TASK, "ResultPath": "$.r"}), ("W", {"Type": "Wait", "Seconds": 1}))
    selector = {"v.$": "$$.Map.Item.Value"}
    made = program(
        states(("M", spread(*inner, kind=kind, ItemSelector=selector, MaxConcurrency=concurrency, **fields)))
    )
    good = drive(made, items, lambda call: call.arguments)
    left = list(failures)

    def answers(call: Call) -> Any:
        return Fails("E") if left and left.pop() else call.arguments

    journal = Journal(items, NOON, 0, NAMES)
    run = drive(made, items, answers, journal=journal)
    while run.status == "FAILED":
        before = dict(run.map_runs[0].counts)
        go_on(run, answers, journal)
        assert run.map_runs[0].counts["succeeded"] >= before["succeeded"]
    assert (run.status, run.output, len(run.map_runs)) == ("SUCCEEDED", good.output, 1)
    figures = wire_map_run(run.map_runs[0])["executionCounts"]
    assert figures["succeeded"] == figures["total"]
    again = replay(made, journal)
    assert again.events == run.events
    assert again.map_runs[0].children == run.map_runs[0].children
    for number, child in run.map_runs[0].children.items():
        assert [event.id for event in child.events] == list(range(1, len(child.events) + 1))
        assert recall(made, journal, run.map_runs[0].arn, number) == child


def test_a_childs_history_is_rewound_to_any_of_its_events() -> None:
    made = program(states(("M", spread(("A", PASS), ("T", TASK), MaxConcurrency=2, ToleratedFailureCount=1))))
    journal = Journal([1, 2, 3, 4, 5], NOON, 0, NAMES)
    script = Script(2, 3, 5)
    run = drive(made, journal.input, script, journal=journal)
    go_on(run, script, journal)
    arn = run.map_runs[0].arn
    for number, child in run.map_runs[0].children.items():
        for event in range(2, len(child.events) + 1):
            back, told = rewind(made, journal, event, (arn, number))
            seen = history_of(back.map_runs[0], number) or []
            assert seen == child.events[: len(seen)]
            assert len(seen) < event
            for moved, command in journal.entries[told:]:
                back.advance(moved - back.transitions)
                back.handle(command)
            assert back.events == run.events


def test_failures_that_cannot_be_redriven_may_exceed_the_tolerance_at_once() -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 0, "Next": "F"}], "Default": "L"}
    loop = {"C": choice, "L": {**PASS, "Next": "C"}, "F": {"Type": "Succeed"}}
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    made = program(states(("M", {"Type": "Map", "ItemProcessor": {**config, "StartAt": "C", "States": loop}})))
    run = drive(made, [1, 2])
    events = len(run.events)
    go_on(run, None)
    assert types(run)[events:] == [
        "ExecutionRedriven",
        "MapRunRedriven",
        "MapRunFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert run.error == "States.ExceedToleratedFailureThreshold"
    assert counts(run)["failuresNotRedrivable"] >= 1
    assert counts(run).get("pendingRedrive", 0) == 0


def test_a_map_run_is_redriven_a_thousand_times_at_most() -> None:
    made = program(states(("M", spread(("T", TASK)))))
    run = drive(made, [1], Script(1))
    run.map_runs[0].redrives = MAP_RUN_REDRIVES - 1
    go_on(run, Script(1))
    assert (run.status, run.map_runs[0].redrives) == ("FAILED", 1_000)
    go_on(run, Script())
    assert (run.status, run.error, "1,000 times" in (run.cause or "")) == ("FAILED", "States.Runtime", True)
