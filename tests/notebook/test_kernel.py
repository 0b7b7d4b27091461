"""The magics in a real kernel: what a page is sent, and what an interrupt does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

WIDGET = "application/vnd.jupyter.widget-view+json"
SETUP = '''
%load_ext sfnbook
import time
def work(event):
    print("printed by the function")
    time.sleep(event["seconds"])
    return event["seconds"]
get_ipython().run_cell_magic("statemachine", "job", """
StartAt: Work
States:
  Work: {Type: Task, Resource: "arn:aws:lambda:us-east-1:123456789012:function:work", End: true}
""")
'''

Message = dict[str, Any]
Cell = Callable[..., list[Message]]


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelManager]:
    manager = KernelManager()
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@pytest.fixture(scope="module")
def cell(kernel: KernelManager) -> Iterator[Cell]:
    client: BlockingKernelClient = kernel.client()
    client.start_channels()
    client.wait_for_ready(timeout=30)

    def run(text: str, interrupt_after: float | None = None) -> list[Message]:
        sent = client.execute(text)
        outputs: list[Message] = []
        while True:
            message = client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return outputs
            if message["msg_type"] == "status" and interrupt_after is not None:
                time.sleep(interrupt_after)
                kernel.interrupt_kernel()
            outputs.append({"type": message["msg_type"], **message["content"]})

    run(SETUP)
    yield run
    client.stop_channels()


def shown(outputs: list[Message]) -> list[dict[str, Any]]:
    return [output["data"] for output in outputs if output["type"] == "display_data"]


def printed(outputs: list[Message]) -> str:
    return "".join(output["text"] for output in outputs if output["type"] == "stream")


def test_a_run_is_shown_live_and_as_a_twin_of_its_own(cell: Cell) -> None:
    outputs = cell('%sfn_run job {"seconds": 0}')
    live, saved = shown(outputs)
    assert set(live) == {WIDGET, "text/plain"}
    assert set(saved) == {"text/html", "text/plain"}
    assert saved["text/plain"].startswith("job: SUCCEEDED")
    assert 'class="sfnbook-static"' in saved["text/html"]
    assert not [output for output in outputs if output["type"] == "execute_result"]
    assert printed(outputs) == ""
    assert "printed by the function" in printed(cell("print(_.visits[0].attempts[0].logs)"))


def test_a_machine_and_a_run_as_values_are_shown_the_same_way(cell: Cell) -> None:
    outputs = cell('run = %sfn_run job {"seconds": 0}\nrun.machine')
    assert [set(data) for data in shown(outputs)[2:]] == [{WIDGET, "text/plain"}, {"text/html"}]
    assert "Work → function work" in printed(outputs)
    assert [set(data) for data in shown(cell("run"))] == [{WIDGET, "text/plain"}, {"text/html", "text/plain"}]


def test_an_interrupt_ends_the_run_as_aborted_and_the_notebook_goes_on(cell: Cell) -> None:
    outputs = cell('run = %sfn_run job {"seconds": 20}', interrupt_after=1.0)
    assert not [output for output in outputs if output["type"] == "error"]
    assert shown(outputs)[-1]["text/plain"].startswith("job: ABORTED")
    assert printed(cell("print(run.status, [event['type'] for event in run.history()][-1])")).startswith(
        "ABORTED ExecutionAborted"
    )
    assert printed(cell('run = %sfn_run job {"seconds": 0}\nprint(run.status)')) == "SUCCEEDED\n"


def test_an_error_of_ours_is_its_message(cell: Cell) -> None:
    error = cell("%sfn_run jbo")[-1]
    assert error["type"] == "error"
    assert error["traceback"] == ['sfnbook: There is no machine "jbo". Did you mean "job"?']
    error = cell("import sfnbook\nsfnbook.StateMachine({}, name='empty')")[-1]
    assert error["traceback"][0].startswith("cell ")
    assert error["traceback"][0].endswith(", line 2: sfnbook.StateMachine({}, name='empty')")
