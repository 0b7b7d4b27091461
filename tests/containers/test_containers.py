"""Images answer tasks, on a real engine."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any

import pytest

import sfnbook
from sfnbook.run import Run
from sfnbook.tasks.containers.docker_api import Engine, disconnect

pytestmark = pytest.mark.usefixtures("engine")

EMULATOR, CLIENT, PLAIN = "sfnbook-test/emulator", "sfnbook-test/client", "sfnbook-test/plain"


WORK = "arn:aws:lambda:us-east-1:123456789012:function:work"


def machine(resource: str = WORK, **fields: Any) -> sfnbook.StateMachine:
    states = {"Work": {"Type": "Task", "Resource": resource, "End": True, **fields}}
    return sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one")


def run(target: Any, input: Any = None, **fields: Any) -> Run:
    done = machine(**fields).bind("Work", target).run(input, clock="real")
    print(done, *(a.traceback for v in done.visits for a in v.attempts))
    return done


def cause(run: Run) -> Any:
    assert run.cause is not None
    return json.loads(run.cause)


@pytest.mark.parametrize("image", [EMULATOR, CLIENT])
def test_a_lambda_image_stays_warm_between_calls(image: str) -> None:
    made = sfnbook.container(image, env={"GREETING": "hello"}, memory=256)
    bound = machine().bind("Work", made)
    first, second = (bound.run({"n": n}, clock="real") for n in (1, 2))
    assert first.status == "SUCCEEDED", first.cause
    assert {**first.output, "instance": ""} == {
        "n": 1,
        "calls": 1,
        "instance": "",
        "function": "work",
        "left": True,
        "greeting": "hello",
        "memory": "256",
    }
    assert (second.output["calls"], second.output["instance"]) == (2, first.output["instance"])
    assert "cold start" in first.visits[0].attempts[0].logs
    assert "handling 1" in first.visits[0].attempts[0].logs
    assert "handling 2" in second.visits[0].attempts[0].logs
    assert "handling 1" not in second.visits[0].attempts[0].logs


@pytest.mark.parametrize("image", [EMULATOR, CLIENT])
def test_an_exception_is_the_functions_own(image: str) -> None:
    failed = run(sfnbook.container(image), {"do": "raise"})
    assert (failed.status, failed.error) == ("FAILED", "ValueError")
    assert cause(failed)["errorMessage"] == "no good"
    assert "app.py" in cause(failed)["stackTrace"][0]


@pytest.mark.parametrize("image", [EMULATOR, CLIENT])
def test_a_container_that_dies_in_the_middle_of_a_call(image: str) -> None:
    made = sfnbook.container(image)
    failed = run(made, {"do": "exit", "n": 7})
    assert failed.error == "Runtime.ExitError"
    assert cause(failed)["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert "handling 7" in failed.visits[0].attempts[0].logs
    assert run(made, {"n": 8}).status == "SUCCEEDED"


@pytest.mark.parametrize("image", [EMULATOR, CLIENT])
def test_an_engine_that_kills_the_container_in_the_middle_of_a_call(image: str, engine: Engine) -> None:
    started = machine().bind("Work", sfnbook.container(image)).run({"do": "sleep", "seconds": 60, "n": 5}, wait=False)
    until = time.monotonic() + 20
    while "handling" not in (started.visits[0].attempts[0].logs if started.visits else "") and time.monotonic() < until:
        started.wait(0.02)
    (container,) = engine.own
    engine.api.kill(container)
    started.wait(20)
    assert started.error == "Runtime.ExitError"
    assert cause(started)["errorMessage"].endswith("signal: killed")


@pytest.mark.parametrize("image", [EMULATOR, CLIENT])
def test_a_function_that_takes_too_long(image: str, engine: Engine) -> None:
    failed = run(sfnbook.container(image, timeout=1), {"do": "sleep", "seconds": 60})
    assert failed.error == "Sandbox.Timedout"
    assert cause(failed)["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert engine.own == set()


@pytest.mark.parametrize("image", [EMULATOR, CLIENT, PLAIN])
def test_a_state_that_times_out_leaves_no_container_running(image: str, engine: Engine) -> None:
    made = sfnbook.container(image, command=["sleep", "60"] if image == PLAIN else None)
    failed = run(made, {"do": "sleep", "seconds": 60}, TimeoutSeconds=1)
    assert failed.error == "States.Timeout"
    until = time.monotonic() + 10
    while engine.own and time.monotonic() < until:
        failed.wait(0)
        time.sleep(0.02)
    assert engine.own == set()


def test_memory_that_runs_out() -> None:
    failed = run(sfnbook.container(CLIENT, memory=64), {"do": "hoard"})
    assert failed.error == "Runtime.OutOfMemory"
    assert cause(failed)["errorMessage"].endswith("signal: killed")


def test_a_function_that_cannot_begin() -> None:
    failed = run(sfnbook.container(CLIENT, env={"BROKEN": "1"}))
    assert failed.error == "Runtime.ImportModuleError"
    assert "this function cannot begin" in cause(failed)["errorMessage"]


@pytest.mark.parametrize("image", [EMULATOR, CLIENT])
def test_a_flood_of_output_is_cut(image: str) -> None:
    flooded = run(sfnbook.container(image), {"do": "flood"})
    assert flooded.status == "SUCCEEDED"
    logs = flooded.visits[0].attempts[0].logs
    assert len(logs) < 300_000
    assert "more characters were dropped" in logs


@pytest.mark.parametrize("image", [EMULATOR, CLIENT])
def test_an_answer_over_lambdas_limit(image: str) -> None:
    failed = run(sfnbook.container(image), {"do": "long"})
    assert failed.error in ("States.DataLimitExceeded", "Function.ResponseSizeTooLarge", "RequestEntityTooLarge")


def test_a_map_calls_several_containers_at_once() -> None:
    work = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": WORK, "End": True}}}
    each = {"Type": "Map", "ItemProcessor": work, "End": True}
    mapped = sfnbook.StateMachine({"StartAt": "Each", "States": {"Each": each}}, name="many")
    mapped.bind("Work", sfnbook.container(CLIENT, concurrency=3))
    done = mapped.run([{"n": n, "do": "sleep", "seconds": 0.05} for n in range(12)], clock="real")
    assert done.status == "SUCCEEDED", done.cause
    assert [answer["n"] for answer in done.output] == list(range(12))
    assert 1 < len({answer["instance"] for answer in done.output}) <= 3
    for visit in done.visits:
        if visit.name == "Work":
            assert f"handling {visit.input['n']}\n" in visit.attempts[0].logs


def test_lambda_invoke_wraps_the_answer() -> None:
    parameters = {"FunctionName": "my-function", "Payload": {"n": 3}}
    done = run(f"docker:{CLIENT}", resource="arn:aws:states:::lambda:invoke", Parameters=parameters)
    assert done.output["StatusCode"] == 200
    assert done.output["Payload"]["function"] == "my-function"


def test_a_plain_image_reads_stdin_and_prints_its_answer() -> None:
    assert run(f"docker:{PLAIN}", {"a": [1, "é"]}).output == {"a": [1, "é"]}


def test_a_plain_image_takes_its_input_as_an_argument_and_logs_what_is_no_answer() -> None:
    script = 'echo starting; echo careful >&2; echo "$GREETING" >&2; printf %s "$0"'
    done = run(sfnbook.container(PLAIN, command=["sh", "-c", script, "{input}"], env={"GREETING": "hi"}), {"n": 1})
    assert done.output == {"n": 1}
    logs = done.visits[0].attempts[0].logs
    assert all(line in logs for line in ("starting", "careful", "hi"))


@pytest.mark.parametrize(
    ("resource", "error", "where"),
    [
        (WORK, "Runtime.ExitError", ("errorMessage",)),
        ("arn:aws:states:::ecs:runTask.sync", "States.TaskFailed", ("Containers", 0, "ExitCode")),
        ("arn:aws:states:::batch:submitJob.sync", "States.TaskFailed", ("Container", "ExitCode")),
    ],
)
def test_an_exit_code_becomes_what_the_service_reports(resource: str, error: str, where: tuple[Any, ...]) -> None:
    fields = {} if resource == WORK else {"Parameters": {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"}}
    if ":ecs:" in resource:
        fields = {"Parameters": {"TaskDefinition": "t", "LaunchType": "FARGATE", "Cluster": "c"}}
    failed = run(sfnbook.container(PLAIN, command=["sh", "-c", "echo oh no; exit 3"]), resource=resource, **fields)
    assert failed.error == error
    found = cause(failed)
    for key in where:
        found = found[key]
    assert found == 3 or found.endswith("exit status 3")
    assert "oh no" in failed.visits[0].attempts[0].logs


def test_a_plain_image_that_floods_stdout() -> None:
    flood = ["sh", "-c", "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 100000000"]
    assert run(sfnbook.container(PLAIN, command=flood)).error == "States.DataLimitExceeded"


def test_a_missing_image_can_be_caught_and_says_what_to_do() -> None:
    caught = {"Catch": [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "Next": "Sorry"}]}
    states = {"Work": {"Type": "Task", "Resource": WORK, "End": True, **caught}, "Sorry": {"Type": "Succeed"}}
    failing = sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="sorry")
    done = failing.bind("Work", "docker:localhost/nowhere:1").run()
    assert done.status == "SUCCEEDED"
    assert "There is no image localhost/nowhere:1 on this engine." in done.output["Cause"]


def test_a_command_that_is_not_in_the_image() -> None:
    failed = run(sfnbook.container(PLAIN, command=["nothing-of-the-kind"]))
    assert failed.error == "Runtime.InvalidEntrypoint"


def test_the_doctor_asks_for_the_image_and_starts_nothing(engine: Engine) -> None:
    ok, words = sfnbook.container(PLAIN).check()
    assert (ok, words.startswith("image found, engine at unix://")) == (True, True)
    assert sfnbook.container("sfnbook-test/none").check() == (
        False,
        "There is no image sfnbook-test/none on this engine. Build it, or fetch it: docker pull sfnbook-test/none",
    )
    assert engine.own == set()


def test_an_image_built_anew_answers_the_next_call(engine: Engine) -> None:
    made = sfnbook.container("localhost/sfnbook-test/changing")
    engine.api.tag(CLIENT, "localhost/sfnbook-test/changing", "latest")
    assert "calls" in run(made, {"n": 1}).output
    engine.api.tag(PLAIN, "localhost/sfnbook-test/changing", "latest", force=True)
    time.sleep(1.1)  # the name is looked up once a second
    assert run(made, {"n": 2}).output == {"n": 2}


@pytest.mark.parametrize("image", [EMULATOR, CLIENT])
def test_warm_calls_take_less_than_20_ms(image: str, record_property: Any) -> None:
    bound = machine().bind("Work", sfnbook.container(image))
    started = time.perf_counter()
    assert bound.run({"n": 0}, clock="real").status == "SUCCEEDED"
    cold = time.perf_counter() - started
    times = []
    for n in range(50):
        started = time.perf_counter()
        assert bound.run({"n": n}, clock="real").output["calls"] == n + 2
        times.append(time.perf_counter() - started)
    print(f"{image}: cold {cold * 1000:.0f} ms, warm {statistics.median(times) * 1000:.1f} ms")
    assert statistics.median(times) < 0.020


# ---------------------------------------------------------------------------------------------- nothing left behind
KERNEL = f"""
import os, sys, sfnbook
states = {{"Work": {{"Type": "Task", "Resource": "{WORK}", "End": True}}}}
machine = sfnbook.StateMachine({{"StartAt": "Work", "States": states}}, name="other")
machine.bind("Work", "docker:{CLIENT}")
run = machine.run({{"n": 1}})
print(run.status, flush=True)
sys.stdin.readline()
machine.run({{"n": 2}})
print(machine.run({{"n": 3}}).output["calls"], flush=True)
"""


def other_kernel() -> subprocess.Popen[str]:
    other = subprocess.Popen([sys.executable, "-c", KERNEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "SUCCEEDED\n"
    return other


def present(engine: Engine) -> int:
    return len(engine.api.containers(all=True, filters={"label": "sfnbook.lock"}))


def test_a_kernel_that_ends_takes_its_containers_along(engine: Engine) -> None:
    other = other_kernel()
    assert present(engine) == 1
    assert other.communicate("\n") == ("3\n", None)
    assert present(engine) == 0


def test_what_a_killed_kernel_left_is_removed_by_the_next_and_a_live_ones_is_not(engine: Engine) -> None:
    live, killed = other_kernel(), other_kernel()
    killed.kill()
    killed.communicate()
    assert present(engine) == 2
    disconnect()
    assert run(f"docker:{CLIENT}", {"n": 1}).status == "SUCCEEDED"  # a kernel that uses the engine for the first time
    assert present(engine) == 2  # its own and the live one's
    assert live.communicate("\n") == ("3\n", None)  # still warm
    assert present(engine) == 1
