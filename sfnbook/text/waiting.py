"""Tasks that wait for somebody outside, in words: for whom, until when, and how to answer."""

from __future__ import annotations

from typing import Final

from sfnbook.engine.frame import Call
from sfnbook.values import printable

FOREVER: Final = "for ever: it has no TimeoutSeconds and no HeartbeatSeconds"


def waiting_text(call: Call) -> str:
    """Return what a call waits for, and until when."""
    limits = [f"{seconds:g} s ({name})" for seconds, name in _limits(call)]
    until = f"for at most {' or '.join(limits)}" if limits else FOREVER
    if call.resource.kind == "activity":
        whom = f"a worker of the activity {call.resource.function}"
    else:
        whom = f"somebody to answer its task token ({call.token})"
    return printable(f"{call.name} waits for {whom}, {until}.")


def _limits(call: Call) -> list[tuple[float, str]]:
    found = ((call.timeout, "TimeoutSeconds"), (call.heartbeat, "HeartbeatSeconds"))
    return [(seconds, name) for seconds, name in found if seconds is not None]


HOW_IN_A_TERMINAL: Final = (
    "Only functions of this process can answer: sfnbook.send_task_success(token, output), sfnbook.Activity(name).get_task(). "
    "Otherwise let a mock answer (--test-case), or end the run with Ctrl-C. Once no function or thread is left that could "
    "answer, a virtual clock goes on to the timeout, after a year at the latest."
)

HOW_IN_A_NOTEBOOK: Final = (
    "Answer it with the form in the diagram's inspector (JupyterLab from 4.4 on reaches a cell that runs), or interrupt the "
    "cell and use %sfn_run --background; then run.send_task_success(token, output) or sfnbook.Activity(name).get_task() answers "
    "from another cell. Once no page, function or thread is left that could answer, a virtual clock goes on to the timeout."
)
