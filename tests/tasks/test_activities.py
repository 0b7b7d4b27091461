"""Activities and callbacks: workers that poll, functions that work, people who answer by token."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import sfnbook
from sfnbook import Activity, InputError, Run, StateMachine, raises
from sfnbook.runtime import session
from sfnbook.tasks import activities

ASK = "arn:aws:states:::lambda:invoke.waitForTaskToken"


def approval(name: str, **more: Any) -> StateMachine:
    """A machine with one task for the workers of an activity."""
    task = {"Type": "Task", "Resource": f"arn:aws:states:eu-west-1:111122223333:activity:{name}", "End": True, **more}
    return StateMachine({"StartAt": "Approve", "States": {"Approve": task}}, name=f"{name}-machine")


def asking(handler: Callable[..., Any], **more: Any) -> StateMachine:
    """A machine whose function sends a token out."""
    task = {"Type": "Task", "Resource": ASK, "End": True, **more}
    task["Parameters"] = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
    machine = StateMachine({"StartAt": "Ask", "States": {"Ask": task}}, name="asking")
    return machine.bind("ask", handler)


def types(run: Run) -> list[str]:
    return [event["type"] for event in run.history()]


def test_a_worker_takes_a_task_and_ends_it() -> None:
    run = approval("polled").run({"order": 7}, wait=False)
    task = Activity("arn:aws:states:us-east-1:123456789012:activity:polled").get_task("Bob", timeout=5)
    assert task is not None
    assert task.input == {"order": 7}
    assert [pending.token for pending in run.tasks_waiting()] == [task.token]
    task.heartbeat()
    task.succeed({"approved": True})
    assert run.wait(60).output == {"approved": True}
    assert types(run)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert run.history()[3]["activityStartedEventDetails"] == {"workerName": "Bob"}
    with pytest.raises(InputError, match="Task Timed Out"):
        task.succeed(None)


def test_a_worker_fails_a_task_by_its_token() -> None:
    run = approval("refused").run(wait=False)
    task = Activity("refused").get_task(timeout=5)
    assert task is not None
    sfnbook.send_task_failure(task.token, "No", "not today")
    run.wait(5)
    assert (run.error, run.cause) == ("No", "not today")
    assert run.history()[3]["activityStartedEventDetails"] == {}, "a worker without a name (recorded)"


def test_a_marked_function_is_a_worker() -> None:
    @sfnbook.activity("marked")
    def approve(event: Any) -> Any:
        return {"seen": event}

    run = approval("marked").run(1)
    assert run.output == {"seen": 1}
    assert run.history()[3]["activityStartedEventDetails"] == {"workerName": "approve"}


def test_a_bound_function_is_a_worker_too_and_its_failure_is_the_tasks() -> None:
    def approve(event: Any) -> Any:
        raise sfnbook.TaskError("Tired", "of this")

    run = approval("bound").bind("bound", approve).run()
    assert types(run)[3:5] == ["ActivityStarted", "ActivityFailed"]
    assert run.error == "Tired"


def test_without_work_a_worker_gets_nothing() -> None:
    assert Activity("idle").get_task(timeout=0) is None


def test_a_task_that_nobody_waits_for_any_more_is_not_handed_out() -> None:
    run = approval("left").run(wait=False)
    activity = Activity("left")
    while not activity.waiting:
        run.wait(0.01)
    run.stop()
    run.wait(5)
    assert activity.get_task(timeout=0) is None


def test_a_silent_worker_misses_its_heartbeat() -> None:
    run = approval("silent", HeartbeatSeconds=1, TimeoutSeconds=60).run(clock="x50", wait=False)
    assert Activity("silent").get_task(timeout=5) is not None
    assert run.wait(60).error == "States.Timeout"
    assert types(run)[3:5] == ["ActivityStarted", "ActivityTimedOut"]


def test_scripted_answers_stand_in_for_workers() -> None:
    machine = approval("scripted", TimeoutSeconds=600)
    run = machine.run(answers={"Approve": raises("Late", after=300)})
    assert (run.error, run.seconds) == ("Late", 300)
    assert types(run)[3:5] == ["ActivityStarted", "ActivityFailed"]


@pytest.fixture
def nobody_turns_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GRACE", 0.0)


@pytest.mark.usefixtures("nobody_turns_up")
@pytest.mark.parametrize("clock", ["virtual", "virtual@2026-01-31T09:00Z"])
def test_an_activity_without_a_worker_times_out_on_the_virtual_clock(clock: str) -> None:
    """TimeoutSeconds are a day: waiting for a worker in real time would never end this test."""
    again = [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}]
    run = approval("deserted", TimeoutSeconds=86_400, Retry=again).run(clock=clock)
    assert (run.error, types(run)[2:4], run.seconds >= 2 * 86_400) == (
        "States.Timeout",
        ["ActivityScheduled", "ActivityTimedOut"],
        True,
    )


@pytest.mark.usefixtures("nobody_turns_up")
@pytest.mark.parametrize("own", [{}, {"TimeoutSeconds": 900}])
def test_so_does_that_of_a_machine_that_a_task_waits_for(own: dict[str, Any]) -> None:
    child = approval("deserted-below", **own)
    resource = "arn:aws:states:::states:startExecution.sync"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": child.arn}, "End": True}
    parent = StateMachine({"StartAt": "Start", "States": {"Start": {**task, "TimeoutSeconds": 3_600}}}, name="above")
    run = parent.run()
    assert run.error == ("States.TaskFailed" if own else "States.Timeout")
    assert run.seconds >= (900 if own else 3_600)


@pytest.mark.usefixtures("nobody_turns_up")
def test_so_does_a_callback_whose_token_nobody_was_given() -> None:
    task = {"Type": "Task", "Resource": ASK, "End": True, "TimeoutSeconds": 86_400}
    task["Parameters"] = {"FunctionName": "ask", "Payload": {}}
    machine = StateMachine({"StartAt": "Ask", "States": {"Ask": task}}, name="untold").bind("ask", lambda event: 1)
    assert machine.run().error == "States.Timeout"


@pytest.mark.usefixtures("nobody_turns_up")
def test_a_worker_that_polls_is_waited_for_and_so_is_the_taker_of_a_token() -> None:
    def work() -> None:
        task = Activity("attended").get_task(timeout=30)
        assert task is not None
        task.succeed("done")

    worker = threading.Thread(target=work)
    worker.start()
    while not activities.has_worker("attended"):
        worker.join(0.001)
    assert approval("attended", TimeoutSeconds=86_400).run().output == "done"
    worker.join()

    def ask(event: Any) -> None:
        threading.Timer(0.05, sfnbook.send_task_success, (event["token"], "yes")).start()

    assert asking(ask, TimeoutSeconds=86_400).run().output == "yes"


@pytest.mark.usefixtures("nobody_turns_up")
def test_a_run_in_the_background_waits_for_a_worker_who_comes_later() -> None:
    run = approval("later", TimeoutSeconds=86_400).run(wait=False)
    assert run.tasks_waiting(timeout=10)
    run.wait(0.02)
    assert not run.done
    task = Activity("later").get_task(timeout=10)
    assert task is not None
    task.succeed(1)
    assert run.wait(60).output == 1


def test_tasks_name_the_workers_of_an_activity() -> None:
    assert approval("named").tasks()[0].bound == "workers of activity named"


# ------------------------------------------------------------------------------------------------------ callbacks
def test_a_callback_shows_its_token_until_somebody_answers() -> None:
    run = asking(lambda event: "sent").run({"a": 1}, wait=False)
    (pending,) = run.tasks_waiting(timeout=10)
    assert (pending.state, pending.input["Payload"]) == ("Ask", {"token": pending.token})
    sfnbook.send_task_heartbeat(pending.token)
    run.send_task_success(pending.token, {"yes": 1})
    assert run.wait(60).output == {"yes": 1}
    assert run.tasks_waiting() == []
    for answer in (run.send_task_success, sfnbook.send_task_success, sfnbook.send_task_failure):
        with pytest.raises(InputError, match="Task Timed Out"):
            answer(pending.token)
    with pytest.raises(InputError, match="Task Timed Out"):
        sfnbook.send_task_heartbeat(pending.token)
    for nobodys in ("AAAA", "no token", "töken", pending.token[::-1]):
        with pytest.raises(InputError, match="Invalid Token"):
            sfnbook.send_task_success(nobodys, 1)


def test_a_failure_without_a_name_has_none() -> None:
    def answer(event: Any) -> None:
        sfnbook.send_task_failure(event["token"])

    run = asking(answer).run()
    assert (run.status, run.error, run.cause) == ("FAILED", None, None)
    told = run.history()[-2]
    assert (told["type"], sorted(told["taskFailedEventDetails"])) == ("TaskFailed", ["resource", "resourceType"])
    assert run.history()[-1]["executionFailedEventDetails"] == {}


def test_json_where_the_api_wants_a_text() -> None:
    def answer(event: Any) -> None:
        parameters = {"TaskToken": event["token"], "Output": {"yes": [1]}}
        send = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "Parameters": parameters}
        StateMachine({"StartAt": "S", "States": {"S": {**send, "End": True}}}, name="teller").run()

    assert asking(answer, TimeoutSeconds=5).run().output == {"yes": [1]}


def test_a_token_whose_task_has_timed_out_says_so_also_to_a_machine() -> None:
    late: list[str] = []

    def ask(event: Any) -> None:
        late.append(event["token"])

    run = asking(ask, HeartbeatSeconds=5).run()
    assert run.error == "States.Timeout"
    parameters = {"TaskToken": late[0], "Output": "1"}
    send = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "Parameters": parameters}
    told = StateMachine({"StartAt": "S", "States": {"S": {**send, "End": True}}}, name="teller").run()
    assert told.error == "Sfn.TaskTimedOutException"
    assert (told.cause or "").startswith(
        "Task Timed Out: 'Provided task does not exist anymore' (Service: Sfn, Status Code: 400, "
    )


def test_an_answer_that_overtakes_its_request_waits_for_it() -> None:
    def answer(event: Any) -> str:
        sfnbook.send_task_success(event["token"], "early")
        return "sent"

    run = asking(answer).run()
    assert run.output == "early"
    assert types(run)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_tokens_differ_between_runs_with_the_same_seed() -> None:
    tokens: list[str] = []
    arrived = threading.Semaphore(0)

    def ask(event: Any) -> None:
        tokens.append(event["token"])
        arrived.release()

    machine = asking(ask)
    runs = [machine.run(seed=1, wait=False) for _ in range(2)]
    for _ in runs:
        arrived.acquire(timeout=5)
    for number, token in enumerate(tokens):
        sfnbook.send_task_success(token, number)
    assert {run.wait(5).output for run in runs} == {0, 1}


def test_where_all_answers_are_given_nobody_waits_for_another() -> None:
    ask = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
    machine = StateMachine(
        {
            "StartAt": "Ask",
            "States": {
                "Ask": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                    "Parameters": ask,
                    "TimeoutSeconds": 86400,
                    "End": True,
                }
            },
        }
    ).bind("Ask", lambda event: None)
    run = machine.run(answers={})
    assert (run.error, round(run.seconds)) == ("States.Timeout", 86400)
    assert machine.run(answers={"Ask": {"ok": True}}).output == {"ok": True}
