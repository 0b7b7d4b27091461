"""Who is to blame: the exceptions of sfnbook and the error names of the States Language.

Every exception a user can meet derives from `SfnbookError` and says what, where and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sfnbook.language.diagnostics import Diagnostic

ALL: Final = "States.ALL"
TASK_FAILED: Final = "States.TaskFailed"
TIMEOUT: Final = "States.Timeout"
HEARTBEAT_TIMEOUT: Final = "States.HeartbeatTimeout"
RUNTIME: Final = "States.Runtime"
DATA_LIMIT_EXCEEDED: Final = "States.DataLimitExceeded"
QUERY_EVALUATION_ERROR: Final = "States.QueryEvaluationError"
PARAMETER_PATH_FAILURE: Final = "States.ParameterPathFailure"
RESULT_PATH_MATCH_FAILURE: Final = "States.ResultPathMatchFailure"
REFERENCE_PATH_CONFLICT: Final = "States.ReferencePathConflict"
INTRINSIC_FAILURE: Final = "States.IntrinsicFailure"
NO_CHOICE_MATCHED: Final = "States.NoChoiceMatched"
BRANCH_FAILED: Final = "States.BranchFailed"
PERMISSIONS: Final = "States.Permissions"
ITEM_READER_FAILED: Final = "States.ItemReaderFailed"
RESULT_WRITER_FAILED: Final = "States.ResultWriterFailed"
EXCEED_TOLERATED_FAILURE_THRESHOLD: Final = "States.ExceedToleratedFailureThreshold"
HTTP_SOCKET: Final = "States.Http.Socket"


class SfnbookError(Exception):
    """The base of everything sfnbook raises on purpose."""


class DefinitionError(SfnbookError):
    """Your text is no valid state machine; ``diagnostics`` says every place and why."""

    def __init__(self, diagnostics: Sequence[Diagnostic], name: str = "") -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        self.name = name
        super().__init__(self._text())

    @property
    def aws_message(self) -> str:
        """The message that CreateStateMachine refuses with (recorded: test_sfn_api_validation)."""
        found = (f"{d.code}: {d.message}" + (f" at {d.location}" if d.location else "") for d in self.errors)
        return f"Invalid State Machine Definition: '{', '.join(found)}'"

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics of severity ERROR."""
        return [d for d in self.diagnostics if d.severity == "ERROR"]

    def _text(self) -> str:
        errors = self.errors
        title = f"{self.name or 'The definition'} has {len(errors)} error{'s' if len(errors) != 1 else ''}"
        return "\n".join([title, *(str(d) for d in self.diagnostics)])


class InputError(SfnbookError, ValueError):
    """What you passed in (an input, a name, an option) cannot be used; the message says why."""


class BindingError(SfnbookError):
    """Nothing answers this resource, or the binding named for it cannot be made."""


class TaskError(SfnbookError):
    """Raise it in a function to fail its task with exactly this Error and Cause."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.error}: {self.cause}" if self.cause else self.error


class CheckError(SfnbookError, AssertionError):
    """A machine does not do what a check wants; the message says what it did instead.

    run: what the machine did. reference: the run of the machine that was given as ``like``, None without one.
    """

    def __init__(self, message: str, run: Any = None, reference: Any = None) -> None:
        super().__init__(message)
        self.run = run
        self.reference = reference


class NotWritten(SfnbookError):
    """The store cannot be written at this moment (a full disk): the writer keeps what it has and tries again."""


class InternalError(SfnbookError):
    """A fault of ours. A Catch never sees it; please report it with the definition and the input."""


class StatesError(SfnbookError):
    """A failure inside a state, in AWS's words: an Error name and a Cause without the "An error occurred..." prefix.

    ``location`` is the field's place for an EvaluationFailed event (JSONata only), for example ``Output/result``; "" for
    an event that names none.
    """

    def __init__(self, error: str, cause: str, location: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.location = location
