"""Functions that run elsewhere: on any `concurrent.futures.Executor`, a pool of threads, of processes, a Dask cluster's.

Owns what travels: there the function and its event, pickled (by value where no import finds them, as in a notebook); back
its result, as JSON, or how it failed, and what it printed. Refuses to know whose executor it is, with one distinction:
a thread pool is in this process, so nothing is pickled and what is printed shows at once. The executor stays its owner's:
it is never shut down or replaced here.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import io
import itertools
import pickle
import traceback
from collections import ChainMap
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, ClassVar, Final, TypeAlias, assert_never

import cloudpickle

from sfnbook.errors import BindingError, TaskError
from sfnbook.runtime.capture import Logged, captured, routing
from sfnbook.runtime.task import Log, Task
from sfnbook.tasks.aws.services import boto_switch
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.functions.python import (
    Function,
    LambdaContext,
    event_of,
    exited,
    json_result,
    raised,
    request_id_of,
    takes_context,
    unfit,
)
from sfnbook.values import Json, to_text


# ------------------------------------------------------------------------------------------------------ what comes back
@dataclass(frozen=True, slots=True)
class Returned:
    """The function's result, JSON already."""

    result: Json


@dataclass(frozen=True, slots=True)
class Refused:
    """The function raised TaskError, or could not be loaded where it was to run."""

    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of the function's. frames: (file, line, function, text of the line) of its own code.

    fatal: it is none that Lambda's runtime catches, and ends the process.
    """

    name: str
    message: str
    frames: tuple[tuple[str, int | None, str, str | None], ...]
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Exited:
    """The function wanted to end its process."""

    code: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """The result is no JSON, and why."""

    why: str


Outcome: TypeAlias = Returned | Refused | Raised | Exited | Unfit


@dataclass(frozen=True, slots=True)
class Report:
    """What comes back from another process: the outcome, and what was printed (and how much more was dropped)."""

    outcome: Outcome
    printed: str
    dropped: int


# ----------------------------------------------------------------------------------------------------- where it goes on
class ExecutorTarget:
    """A function on an executor as a task's target. look_up: finds its present definition at each call."""

    def __init__(self, name: str, look_up: Callable[[], Function], executor: Executor) -> None:
        if not isinstance(executor, Executor):
            raise BindingError(f"executor={executor!r} is no concurrent.futures.Executor.{_instead(executor)}")
        self._name = name
        self._look_up = look_up
        self._executor = executor
        self.place = type(executor).__name__
        self.text = f"function {name} on {self.place}"

    def handle(self, task: Task) -> Any:
        """Send the call off and return an awaitable of its answer (see `sfnbook.runtime.task.Handler`)."""
        task.check()
        function = self._look_up()
        if task.resource.kind == "activity":
            task.started(self._name)
        event, wrap = event_of(task)
        context = LambdaContext(task, self._name) if takes_context(function) else None
        future = self._submit(function, event, context, task)
        task.when_cancelled(future.cancel)
        return self._finish(future, task, wrap)

    def _submit(
        self, function: Function, event: Json, context: LambdaContext | None, task: Task
    ) -> Future[Report | Outcome]:
        if _is_here(self._executor):
            return self._sent(task, call_here, task, function, event, context)
        try:
            code = packed(function)
        except Exception as fault:  # pickling runs foreign code, which raises what it likes
            raise BindingError(
                f"Function {self._name} cannot be sent to {self.place}: {_words(fault)}. "
                "Make inside the function what cannot be pickled: connections, locks, open files."
            ) from None
        return self._sent(task, call_there, code, pickle.dumps((event, context)), next(_numbers), services.shared)

    def _sent(self, task: Task, *call: Any) -> Future[Any]:
        try:
            return self._executor.submit(*call)
        except BrokenExecutor as fault:
            raise self._broken(fault, task) from None
        except Exception as fault:  # somebody else's executor; most raise RuntimeError once they are shut down
            raise self._closed(_words(fault)) from None

    async def _finish(self, future: Future[Report | Outcome], task: Task, wrap: Callable[[Json, Task], Json]) -> Json:
        try:
            report = await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task.check()
            raise self._closed("the call was cancelled") from None
        except Exception as fault:  # not the function's, whose faults come back as an outcome: the executor's
            raise self._broken(fault, task) from None
        if isinstance(report, Report):
            task.log.write(report.printed)
            task.log.dropped += report.dropped
            return wrap(_result(report.outcome, task), task)
        return wrap(_result(report, task), task)

    def _closed(self, why: str) -> BindingError:
        return BindingError(f"{self.place} takes no calls: {why}. Make a new one and bind {self._name} again.")

    def _broken(self, fault: Exception, task: Task) -> TaskError:
        again = f" Make a new one and bind {self._name} again." if isinstance(fault, BrokenExecutor) else ""
        message = f"RequestId: {request_id_of(task)} Error: {self.place} lost the call. {_words(fault)}{again}"
        return TaskError("Runtime.ExitError", to_text({"errorType": "Runtime.ExitError", "errorMessage": message}))


_numbers: Final = itertools.count()
"""One for each call: to some executors (Dask's) the same function with the same arguments is the same call, made once."""


def _is_here(executor: Executor) -> bool:
    """Whether an executor runs what it gets in this interpreter."""
    apart = getattr(concurrent.futures, "InterpreterPoolExecutor", ())  # Python 3.14's is a ThreadPoolExecutor, too
    return isinstance(executor, ThreadPoolExecutor) and not isinstance(executor, apart)


def _instead(executor: Any) -> str:
    return " Write executor=client.get_executor()." if hasattr(executor, "get_executor") else ""


def _words(fault: BaseException) -> str:
    name, text = type(fault).__name__, str(fault).strip().removesuffix(".")
    return f"{name}: {text}" if text else name


def _result(outcome: Outcome, task: Task) -> Json:
    """Return the function's result. Raises TaskError for all other outcomes, as Lambda reports them."""
    match outcome:
        case Returned(result=result):
            return result
        case Refused(error=error, cause=cause):
            raise TaskError(error, cause)
        case Raised(name=name, message=message, frames=frames, fatal=fatal):
            failure = raised(name, message, [_frame(*frame) for frame in frames], task)
            raise exited(1, task) if fatal else failure
        case Exited(code=code):
            raise exited(code, task)
        case Unfit(why=why):
            raise unfit(why, task)
        case _:
            assert_never(outcome)


def _frame(file: str, line: int | None, function: str, text: str | None) -> traceback.FrameSummary:
    """Return a frame; without a text, its line is one that this process can read (a notebook's) and is looked up."""
    return traceback.FrameSummary(file, line, function, line=text or None)


# ------------------------------------------------------------------------------------------------------------- packing
def _reduced(code: CodeType) -> tuple[Any, ...]:
    return _code, (*_CLOUDPICKLES[CodeType](code), code.co_filename)


_CLOUDPICKLES: Final = cloudpickle.Pickler.dispatch_table


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle carries no types
    """Pickles functions by value together with the names of their files, which cloudpickle 3.1.3 leaves out."""

    dispatch_table: ClassVar[Any] = ChainMap({CodeType: _reduced}, _CLOUDPICKLES)


def packed(function: Function) -> bytes:
    """Return a pickle of a function. Raises whatever the objects that it refers to raise when they are pickled."""
    buffer = io.BytesIO()
    _Pickler(buffer).dump(function)
    return buffer.getvalue()


def _code(make: Callable[..., CodeType], arguments: tuple[Any, ...], file: str) -> CodeType:
    """Return the code object of a pickle, in the file that it was compiled from."""
    _sent_files.add(file)
    return make(*arguments).replace(co_filename=file)


_sent_files: Final[set[str]] = set()
"""Files of functions that came here by value: the process that sent them knows their lines, this one may have none."""


# ---------------------------------------------------------------------------------------------------------- over there
def call_there(code: bytes, arguments: bytes, number: int, kept: bool = True) -> Report:
    """Call a pickled function in this process, whichever it is; never raises.

    number: tells calls apart. kept: whether plain boto3 must not leave for AWS (see `boto_switch`).
    """
    if kept:
        boto_switch.install(services, apart=True)
    holder = _LogHolder(Log())
    try:
        function = _loaded(code)
        event, context = pickle.loads(arguments)
    except Exception as fault:  # loading imports what the function needs
        cause = {
            "errorMessage": f"Unable to load the function: {_words(fault)}",
            "errorType": "Runtime.ImportModuleError",
        }
        return Report(Refused(cause["errorType"], to_text(cause)), "", 0)
    outcome = call_here(holder, function, event, context)
    dropped, holder.log.dropped = holder.log.dropped, 0
    return Report(outcome, holder.log.text, dropped)


@dataclass(frozen=True, slots=True)
class _LogHolder:
    """Holds the log in a worker process, where there is no task."""

    log: Log


@lru_cache(maxsize=32)
def _loaded(code: bytes) -> Function:
    """Return the function of a pickle; as long as that does not change it is kept, like a warm Lambda."""
    return pickle.loads(code)  # type: ignore[no-any-return]  # what `ExecutorTarget` has packed


def call_here(holder: Logged, function: Function, event: Json, context: LambdaContext | None) -> Outcome:
    """Call a function in this thread, what it prints going to the seat's log; never raises."""
    with routing(), captured(holder):
        try:
            result = function(event) if context is None else function(event, context)
        except BaseException as fault:  # the user's code: whatever it raises is its outcome
            return _fault(fault)
        if hasattr(result, "__await__"):
            return asyncio.run(_awaited(result))
        return _fit(result)


async def _awaited(awaitable: Any) -> Outcome:
    try:
        return _fit(await awaitable)
    except BaseException as fault:  # as in `call_here`
        return _fault(fault)


def _fit(result: Any) -> Outcome:
    try:
        return Returned(json_result(result))
    except (ValueError, RecursionError) as fault:
        return Unfit(str(fault))


def _fault(fault: BaseException) -> Outcome:
    """Return the outcome of an exception; the first frame is the caller's, the rest the user's own."""
    if isinstance(fault, TaskError):
        return Refused(str(fault.error), str(fault.cause))
    if isinstance(fault, SystemExit):
        return Exited(str(fault.code or 0))
    frames = traceback.extract_tb(fault.__traceback__)[1:]
    lines = tuple((f.filename, f.lineno, f.name, None if f.filename in _sent_files else f.line) for f in frames)
    return Raised(type(fault).__name__, str(fault), lines, not isinstance(fault, Exception))
