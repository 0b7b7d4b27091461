"""sfnbook: an interactive workbench for AWS Step Functions in Jupyter.

``%load_ext sfnbook`` in a notebook; the same things from Python: `StateMachine`, `Run`, `validate`, `task`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.errors import (
        BindingError,
        CheckError,
        DefinitionError,
        InputError,
        InternalError,
        SfnbookError,
        TaskError,
    )
    from sfnbook.exercises.checks import check, predict
    from sfnbook.machine import StateMachine, validate
    from sfnbook.recorded_run import replay
    from sfnbook.run import Run
    from sfnbook.tasks.activities import Activity, activity
    from sfnbook.tasks.aws.services.endpoints import services
    from sfnbook.tasks.callbacks import send_task_failure, send_task_heartbeat, send_task_success
    from sfnbook.tasks.containers.container import container
    from sfnbook.tasks.lambda_api.server import serve_lambda
    from sfnbook.tasks.mocks import mock, raises, returns
    from sfnbook.tasks.registry import task
    from sfnbook.testing import strategies
    from sfnbook.teststate import TestStateError, test_state

__version__ = "0.2.0"

__all__ = [
    "Activity",
    "BindingError",
    "CheckError",
    "DefinitionError",
    "InputError",
    "InternalError",
    "Run",
    "SfnbookError",
    "StateMachine",
    "TaskError",
    "TestStateError",
    "activity",
    "check",
    "container",
    "mock",
    "predict",
    "raises",
    "replay",
    "returns",
    "send_task_failure",
    "send_task_heartbeat",
    "send_task_success",
    "serve_lambda",
    "services",
    "strategies",
    "task",
    "test_state",
    "validate",
]

_PLACES: Final = {
    **dict.fromkeys(("StateMachine", "validate"), "sfnbook.machine"),
    **dict.fromkeys(("check", "predict"), "sfnbook.exercises.checks"),
    "Run": "sfnbook.run",
    "replay": "sfnbook.recorded_run",
    **dict.fromkeys(("TestStateError", "test_state"), "sfnbook.teststate"),
    **dict.fromkeys(("Activity", "activity"), "sfnbook.tasks.activities"),
    **dict.fromkeys(("mock", "raises", "returns"), "sfnbook.tasks.mocks"),
    **dict.fromkeys(("send_task_failure", "send_task_heartbeat", "send_task_success"), "sfnbook.tasks.callbacks"),
    "container": "sfnbook.tasks.containers.container",
    "serve_lambda": "sfnbook.tasks.lambda_api.server",
    "services": "sfnbook.tasks.aws.services.endpoints",
    "strategies": "sfnbook.testing.strategies",
    "task": "sfnbook.tasks.registry",
}
"""Where the public names live; what is not here is in `sfnbook.errors`. Modules load when a name is first used."""


if not TYPE_CHECKING:  # a checker takes the table above: with this function every misspelt name would be one of ours

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'sfnbook' has no attribute {name!r}")
        place = importlib.import_module(_PLACES.get(name, "sfnbook.errors"))
        value = place if name == "strategies" else getattr(place, name)
        globals()[name] = value
        return value


def step_functions(target: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Answer a request to Step Functions that code of this process makes: status, headers, body. Not for you: boto3 does."""
    from sfnbook.server.in_process import answer

    return answer(target, body)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> Any:
    """``%load_ext sfnbook``."""
    from sfnbook.notebook import load_ipython_extension as load

    return load(shell)
