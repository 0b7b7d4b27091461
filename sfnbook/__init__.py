"""sfnbook: an interactive workbench for AWS Step Functions in Jupyter.

``%load_ext sfnbook`` in a notebook; the same things from Python: `StateMachine`, `Run`, `validate`, `task`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfnbook.bindings.registry import task
from sfnbook.errors import BindingError, DefinitionError, InputError, InternalError, SfnbookError, TaskError
from sfnbook.machine import Run, StateMachine, validate

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"

__all__ = [
    "BindingError",
    "DefinitionError",
    "InputError",
    "InternalError",
    "Run",
    "SfnbookError",
    "StateMachine",
    "TaskError",
    "task",
    "validate",
]


def load_ipython_extension(shell: InteractiveShell) -> Any:
    """``%load_ext sfnbook``."""
    from sfnbook.notebook import load_ipython_extension as load

    return load(shell)
