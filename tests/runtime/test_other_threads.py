"""Whether somebody else in the process could answer a task: in a process of its own, since threads of other tests count."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

BEGIN = """
import asyncio, threading, time
from concurrent.futures import ThreadPoolExecutor
from sfnbook import StateMachine, send_task_success
from sfnbook.runtime import session

session.GRACE = 0.05
pool, kept = ThreadPoolExecutor(1), []
pool.submit(int).result()
PAYLOAD = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
ASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": PAYLOAD, "End": True}
DAY = {"TimeoutSeconds": 86400}

def asking(ask, **fields):
    return StateMachine({"StartAt": "Ask", "States": {"Ask": {**ASK, **fields}}}, name="asks").bind("ask", ask)

def nobody(event):
    kept.append(event["token"])

async def nobody_either(event):
    await asyncio.sleep(0)
"""


def said(script: str) -> str:
    """Return what a script prints; one that waits in real time for a day does not end."""
    program = BEGIN + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("clock", ["virtual", "virtual@2026-01-31T09:00Z"])
def test_a_token_that_nobody_can_hand_in_times_out_on_the_virtual_clock(clock: str) -> None:
    found = said(f"""
        for ask in (nobody, nobody_either):
            run = asking(ask, **DAY).run(clock={clock!r})
            print(run.error, int(run.seconds))
        print(asking(nobody).run(clock={clock!r}).status)
        child = asking(nobody, **DAY)
        start = {{"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "End": True}}
        start["Parameters"] = {{"StateMachineArn": child.arn}}
        run = StateMachine({{"StartAt": "Start", "States": {{"Start": start}}}}, name="above").run(clock={clock!r})
        print(run.error)
    """)
    assert found.split() == ["States.Timeout", "86400"] * 2 + ["TIMED_OUT", "States.TaskFailed"]


@pytest.mark.parametrize(
    "ask",
    [
        "def ask(event): threading.Timer(0.3, send_task_success, (event['token'], 'yes')).start()",
        "def ask(event): pool.submit(lambda: (time.sleep(0.3), send_task_success(event['token'], 'yes')))",
        """
        async def ask(event):
            async def later():
                await asyncio.sleep(0.3)
                send_task_success(event["token"], "yes")
            kept.append(asyncio.get_running_loop().create_task(later()))
        """,
        "async def ask(event): asyncio.get_running_loop().call_later(0.3, send_task_success, event['token'], 'yes')",
    ],
    ids=["thread", "pool", "asyncio task", "asyncio timer"],
)
def test_whoever_could_hand_it_in_is_waited_for(ask: str) -> None:
    assert said(textwrap.dedent(ask) + "\nprint(asking(ask, **DAY).run().output)") == "yes"


def test_a_later_state_of_another_branch_hands_it_in_at_its_time() -> None:
    found = said("""
        function = "arn:aws:lambda:us-east-1:123456789012:function:answer"
        later = {"Wait": {"Type": "Wait", "Seconds": 1000, "Next": "Answer"}}
        later["Answer"] = {"Type": "Task", "Resource": function, "End": True}
        branches = [{"StartAt": "Ask", "States": {"Ask": {**ASK, **DAY}}}, {"StartAt": "Wait", "States": later}]
        machine = StateMachine({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}, name="p")
        machine.bind("ask", nobody).bind("answer", lambda event: send_task_success(kept[-1], "yes"))
        run = machine.run()
        print(run.output[0], int(run.seconds))
    """)
    assert found == "yes 1000"


def test_a_run_in_the_background_may_answer_and_is_waited_for() -> None:
    found = said("""
        import sys
        function = "arn:aws:lambda:us-east-1:123456789012:function:answer"
        def answer(event):
            while not kept:
                time.sleep(0.01)
            time.sleep(0.3)
            send_task_success(kept[-1], "yes")
        other = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": function, "End": True}}}, name="b")
        other.bind("answer", answer).run(wait=False)
        print(asking(nobody, **DAY).run().output)
    """)
    assert found == "yes"
