"""Values belong to whoever made them: nothing that user code can reach is held by the engine, the definition or a record."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sfnbook import Activity, StateMachine, mock, returns, send_task_success
from sfnbook.values import MAX_BYTES, copy_of

CONSTANTS: dict[str, dict[str, Any]] = {
    "Result": {"Init": {"Type": "Pass", "Result": {"items": [], "n": 0}, "Next": "Call"}, "Call": {}},
    "Parameters": {"Call": {"Parameters": {"items": [], "n": 0}}},
    "Payload": {
        "Call": {
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f", "Payload": {"items": [], "n": 0}},
            "OutputPath": "$.Payload",
        }
    },
    "Arguments": {"Call": {"QueryLanguage": "JSONata", "Arguments": {"items": [], "n": 0}}},
    "evaluated Arguments": {"Call": {"QueryLanguage": "JSONata", "Arguments": "{% {'items': [], 'n': 0} %}"}},
    "ItemSelector": {
        "Each": {
            "Type": "Map",
            "ItemSelector": {"items": [], "n": 0},
            "ItemProcessor": {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:::function:f", "End": True}}},
            "InputPath": "$.two",
            "OutputPath": "$[0]",
            "End": True,
        }
    },
}  # fmt: skip
TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}


def bump(event: Any) -> Any:
    """The most common function there is."""
    event["n"] += 1
    event["items"].append("seen")
    return event


def machine(states: dict[str, Any], name: str = "m") -> StateMachine:
    states = {name: {**TASK, **state} if name == "Call" else state for name, state in states.items()}
    return StateMachine({"StartAt": next(iter(states)), "States": states}, name=name)


@pytest.mark.parametrize("where", CONSTANTS)
def test_a_function_that_edits_its_event_edits_no_constant(where: str) -> None:
    m = machine(CONSTANTS[where])
    m.bind("f", bump)
    runs = [m.run({"two": [1, 2]}) for _ in range(3)]
    assert [run.output for run in runs] == [{"items": ["seen"], "n": 1}] * 3
    assert "seen" not in str(runs[0]._raw_events[:3])


def test_a_mocked_value_stays_what_it_was() -> None:
    outcome = returns({"items": [], "n": 0})
    m = machine({"First": {**TASK, "End": False, "Next": "Call"}, "Call": {}})
    m.bind("f", bump)
    runs = [m.run(mocks=[mock("First", outcome)]) for _ in range(2)]
    outcome.output["items"].append("later")
    assert [run.output for run in runs] == [{"items": ["seen"], "n": 1}] * 2
    assert [run.visits[0].output for run in runs] == [{"items": [], "n": 0}] * 2


def test_the_next_attempt_sees_the_event_unedited() -> None:
    seen: list[Any] = []

    def f(event: Any) -> Any:
        seen.append(json.dumps(event))
        event["n"] = "edited"
        if len(seen) < 3:
            raise ValueError
        return {}

    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3}]
    m = machine({"Call": {"Retry": retry, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Call"}]}})
    run = m.run({"n": 0}, bind={"f": f})
    assert seen == ['{"n": 0}'] * 3
    assert run.input == {"n": 0}


def test_a_null_result_path_gives_the_input_as_it_was() -> None:
    assert machine({"Call": {"ResultPath": None}}).run({"n": 0, "items": []}, bind={"f": bump}).output == {
        "n": 0,
        "items": [],
    }


def test_branches_and_items_do_not_see_each_other() -> None:
    first, second, third = ({"StartAt": name, "States": {name: TASK}} for name in ("A", "B", "C"))
    parallel = {"Type": "Parallel", "Branches": [first, second], "Next": "Each"}
    shared = {"Type": "Map", "ItemSelector": {"n.$": "$$.Execution.Input.n", "items.$": "$$.Execution.Input.items"}}
    m = machine({"Both": parallel, "Each": {**shared, "ItemProcessor": third, "End": True}})
    run = m.run({"n": 0, "items": []}, bind={"f": bump})
    assert run.output == [{"items": ["seen"], "n": 1}] * 2
    assert run.input == run.visits[0].input == {"n": 0, "items": []}


def test_an_object_put_into_the_event_reaches_no_record() -> None:
    def f(event: Any) -> Any:
        event["o"] = object()
        event["set"], event["nan"], event["self"] = {1}, float("nan"), event
        event[(1, 2)] = bytearray()
        return {}

    run = machine({"Call": {}}).run({"n": 0}, bind={"f": f})
    assert run.status == "SUCCEEDED"
    assert json.loads(run.history()[1]["stateEnteredEventDetails"]["input"]) == {"n": 0}


def test_what_a_function_makes_of_its_event_counts_with_its_size() -> None:
    def f(event: Any) -> Any:
        event["text"] = "x" * MAX_BYTES
        return event

    run = machine({"Call": {}}).run(bind={"f": f})
    assert run.error == "States.DataLimitExceeded"


def test_a_result_that_is_edited_later_stays_as_it_was_returned() -> None:
    kept: list[Any] = []

    def f(event: Any) -> Any:
        kept.append({"items": [0], "n": 0})
        return kept[-1]

    async def g(event: Any) -> Any:
        return f(event)

    with ThreadPoolExecutor(1) as pool:
        m = machine({"Call": {}}).bind("Call", f, executor=pool)
        runs = [m.run(), machine({"Call": {}}).run(bind={"f": f}), machine({"Call": {}}).run(bind={"f": g})]
    for value in kept:
        bump(value)
    assert [run.output for run in runs] == [{"items": [0], "n": 0}] * 3


class Lazy:
    """A target of somebody's own, which keeps what it answers."""

    text = "mine"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def handle(self, task: Any) -> Any:
        task.input["n"] = task.context["Execution"]["Input"]["n"] = "edited"
        return self.answer


def test_a_target_of_ones_own_has_its_values_for_itself() -> None:
    mine = Lazy({"items": [], "n": 0})
    run = machine({"Call": {}}).run({"n": 0}, bind={"Call": mine})
    bump(mine.answer)
    assert (run.input, run.output) == ({"n": 0}, {"items": [], "n": 0})
    assert machine({"Call": {}}).run({"n": 0}, bind={"Call": Lazy(object())}).error == "Runtime.MarshalError"


def test_an_executor_of_threads_and_an_activitys_worker_get_their_own() -> None:
    with ThreadPoolExecutor(1) as pool:
        m = machine(CONSTANTS["Result"])
        m.bind("f", bump, executor=pool)
        assert [m.run().output["n"] for _ in range(2)] == [1, 1]
    work = {
        **TASK,
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:own",
        "Parameters": {"n": 0, "items": []},
    }
    m = machine({"Work": work})
    for _ in range(2):
        run = m.run(wait=False)
        task = Activity("own").get_task()
        assert task is not None
        answer = bump(task.input)
        task.succeed(answer)
        bump(answer)
        assert run.wait().output == {"items": ["seen"], "n": 1}


def test_what_answers_from_outside_stays_the_senders() -> None:
    wait = {**TASK, "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
    m = machine(
        {
            "Ask": {
                **wait,
                "Parameters": {"QueueUrl": "q", "MessageBody": {"n": 0, "items": [], "token.$": "$$.Task.Token"}},
            }
        }
    )
    run = m.run(mocks=[], bind={"Ask": lambda event: {}}, wait=False)
    (pending,) = run.tasks_waiting(5)
    bump(pending.input["MessageBody"])
    answer = {"n": 0, "items": []}
    send_task_success(pending.token, answer)
    bump(answer)
    assert run.wait().output == {"n": 0, "items": []}
    body = run.visits[0].attempts[0].parameters["MessageBody"]
    assert body == {"n": 0, "items": [], "token": pending.token}
    answer = {"n": 0, "items": []}
    run = m.run(bind={"Ask": lambda event: {}}, answers={"Ask": answer})
    bump(answer)
    assert run.output == {"n": 0, "items": []}


def test_what_a_run_hands_out_is_the_callers() -> None:
    m = machine({**CONSTANTS["Result"], "Init": {**CONSTANTS["Result"]["Init"], "Assign": {"v": {"deep": [0]}}}})
    run = m.run({"deep": {"list": [1]}}, bind={"f": bump})
    before = json.dumps([run.history(), run.describe()], default=str) + str(run) + repr(run.visits)
    visit = run.visits[1]
    handed = (
        [
            run.visits,
            visit.attempts,
            visit.events,
            run.input,
            run.output,
            run.children,
            [e.detail for e in run.events],
            run.describe(),
            run.history(),
        ]
        + [v for one in run.visits for v in (one.input, one.output, one.variables, one.assigned)]
        + [v for one in visit.attempts for v in (one.parameters, one.output)]
        + [stage.value for one in run.visits for stage in run.stages(one)]
        + [run.context(visit), [place.value for place in run.find("$..items")]]
        + [told.value for told in (*run.lineage(visit).hops, *run.lineage(visit).uses)]
        + [line.data for at in (3, 5) for line in run.at(at).lines]
    )
    for value in handed:
        ruin(value)
    assert json.dumps([run.history(), run.describe()], default=str) + str(run) + repr(run.visits) == before
    assert m.run({}, bind={"f": bump}).output == {"items": ["seen"], "n": 1}
    again = run.fork("Init")
    assert again.output == run.output == {"items": ["seen"], "n": 1}


def ruin(value: Any) -> None:
    """Edit everything that can be edited in a value."""
    if isinstance(value, dict):
        for part in list(value.values()):
            ruin(part)
        value["ruined"] = True
    elif isinstance(value, list):
        for part in value:
            ruin(part)
        value.append("ruined")


def test_a_debugger_shows_copies_and_its_conditions_get_copies() -> None:
    m = machine({"Init": {"Type": "Pass", "Next": "Call"}, "Call": {}})
    run = m.run(
        {"n": 0, "items": []}, bind={"f": bump}, breakpoints=["Call if input.update(n=7) or input['items'].append(1) or True"]
    )  # fmt: skip
    assert run.debugger is not None
    assert run.debugger.wait(60)
    pause = run.debugger.where
    assert pause is not None
    assert pause.value == {"n": 0, "items": []}
    ruin(pause.value)
    value = {"n": 1, "items": []}
    run.debugger.edit(value)
    ruin(value)
    run.debugger.go("continue")
    assert run.wait(60).output == {"n": 2, "items": ["seen"]}


def test_the_definition_given_as_a_dict_stays_the_callers() -> None:
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"a": [1]}, "End": True}}}
    m = StateMachine(definition, name="m")
    ruin(definition)
    assert m.run().output == {"a": [1]}


def test_a_copy_shares_nothing_however_deep() -> None:
    shared: list[Any] = [1]
    copy = copy_of({"a": shared, "b": [shared]})
    copy["a"].append(2)
    assert (copy, shared) == ({"a": [1, 2], "b": [[1]]}, [1])
    deep: Any = []
    for _ in range(450):
        deep = [deep]
    assert copy_of(deep) == deep
