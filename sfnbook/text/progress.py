"""A run as it goes on, in a terminal: live lines where a person looks on, plain lines in the order of events elsewhere.

Looks at a run ten times a second from a thread of its own, so that the run pays nothing for it. What comes from the run
(names, errors, what functions print) is shown, never obeyed. rich draws the live lines; it is loaded once a run takes longer
than a moment.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from sfnbook.engine.events import Event, FrameKey
from sfnbook.values import cause_message, printable

PACE: Final = 0.1
MOMENT: Final = 0.3
"""Seconds between two looks, and until the live lines begin: a short run shows none."""

MOST_LINES: Final = 500
"""Plain lines of states that went well; failures and what is printed follow beyond."""

_CUT: Final = 400
_FRAME: Final = re.compile(r'^  File "(.+)", line (\d+), in (.+)\n    (.*)$', re.MULTILINE)
_STARTED: Final = ("LambdaFunctionScheduled", "TaskScheduled", "ActivityScheduled")
_FAILED: Final = re.compile(
    r"(?:LambdaFunction|Task|Activity|LambdaFunctionSchedule|LambdaFunctionStart|TaskStart|TaskSubmit|ActivitySchedule)"
    r"(?:Failed|TimedOut)|EvaluationFailed|MapRunFailed"
)
_ITEMS: Final = ("MapIterationSucceeded", "MapIterationFailed", "MapIterationAborted")


class Followed(Protocol):
    """What is asked of a run."""

    @property
    def _execution(self) -> Any: ...
    @property
    def _session(self) -> Any: ...
    @property
    def status(self) -> str: ...
    @property
    def transitions(self) -> int: ...
    def map_figures(self) -> dict[str, dict[str, int]]: ...


@dataclass(slots=True)
class _State:
    """A state that is being visited. Times in seconds on the machine's clock."""

    id: int
    name: str
    type: str
    address: str
    since: float
    attempts: int = 0
    read: int = 0
    rest: str = ""
    last: str = ""
    total: int | None = None
    done: int = 0
    failed: int = 0


class Progress:
    """Shows how a run goes. stream: where to, a terminal or not. quiet: shows nothing but what is said.

    Use it as a context, and say with `follow` where the run is found.
    """

    def __init__(self, stream: Any, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._terminal = not quiet and stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
        self._run: Followed | None = None
        self._find: Callable[[], Followed | None] = lambda: None
        self._seen = 0
        self._states: dict[FrameKey, _State] = {}
        self._done = self._printed = self._trouble = 0
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._live: Any = None
        self._news = (0.0, 0.0)
        self._thread = threading.Thread(target=self._follow, name="sfnbook-progress", daemon=True)

    def __enter__(self) -> Progress:
        if not self._quiet:
            self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._ended.set()
        if self._quiet:
            return
        self._thread.join()
        self._look()
        if self._live is not None:
            self._live.stop()

    def follow(self, find: Callable[[], Followed | None]) -> None:
        """Follow the run that ``find`` returns as soon as it is there: before its first task has ended."""
        self._find = find

    def say(self, text: str) -> None:
        """Show a line that stays, above the live ones; in quiet, too."""
        with self._lock:
            self._show(text)

    # ------------------------------------------------------------------------------------------------------- looking
    def _follow(self) -> None:
        looks = 0
        while not self._ended.wait(PACE):
            self._look()
            if self._run is None:
                continue
            looks += 1
            if self._terminal and looks >= MOMENT / PACE:
                self._draw()

    def _look(self) -> None:
        """Tell what has happened since the last look, in the order of events."""
        run = self._run = self._run or self._find()
        if run is None:
            return
        with self._lock:
            events = run._execution.events
            end = len(events)
            for event in events[self._seen : end]:
                self._take(run, event)
            self._seen = end
            for frame, state in list(self._states.items()):
                self._read_log(run, frame, state)

    def _take(self, run: Followed, event: Event) -> None:
        kind, frame = event.type, event.frame
        if kind.endswith("StateEntered"):
            state = _State(event.id, event.detail["name"], kind[:-12], event.address, event.at)
            self._states[frame] = state
            return
        found = self._states.get(frame)
        if kind.endswith("StateExited"):
            if found is not None:
                self._read_log(run, frame, found, whole=True)
                self._exited(run, frame, found, event.at)
            self._forget(frame)
        elif kind in ("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut", "ExecutionSucceeded"):
            for frame, state in list(self._states.items()):
                self._read_log(run, frame, state, whole=True)
            self._states.clear()
        elif found is not None and kind in _STARTED:
            found.attempts += 1
            found.read, found.rest = 0, ""
        elif found is not None and kind == "MapStateStarted":
            found.total, found.done, found.failed = event.detail.get("length"), 0, 0
        elif found is not None and _FAILED.fullmatch(kind) and kind not in _ITEMS:
            self._failed(run, frame, found, event)
        elif kind in _ITEMS:
            self._count(event)

    def _count(self, event: Event) -> None:
        """Take note of how an item of an inline Map ended."""
        for frame in (event.frame, event.frame[:-1]):
            outer = self._states.get(frame)
            if outer is not None and outer.type == "Map":
                outer.done += event.type == "MapIterationSucceeded"
                outer.failed += event.type != "MapIterationSucceeded"
                return

    def _in_item(self, frame: FrameKey) -> bool:
        """Whether a state runs inside an item of a Map: of many alike lines only the whole counts."""
        outer = (self._states.get(frame[:depth]) for depth in range(len(frame)))
        return any(state is not None and state.type == "Map" for state in outer)

    def _forget(self, frame: FrameKey) -> None:
        """Drop a state and what ran inside it."""
        depth = len(frame)
        for inner in [one for one in self._states if one[:depth] == frame]:
            del self._states[inner]

    def _exited(self, run: Followed, frame: FrameKey, state: _State, at: float) -> None:
        self._done += 1
        if self._terminal or self._printed > MOST_LINES or self._in_item(frame):  # a person sees the count
            return
        self._printed += 1
        if self._printed > MOST_LINES:
            self._line(f"… {MOST_LINES} states are printed; from here on only failures and what functions print")
            return
        tries = f" ({state.attempts} attempts)" if state.attempts > 1 else ""
        items = f" {_items(state)}" if state.total is not None else ""
        self._line(f"{self._at(run, at)} ✓ {state.name}{items} {_duration(at - state.since)}{tries}")

    def _failed(self, run: Followed, frame: FrameKey, state: _State, event: Event) -> None:
        self._read_log(run, frame, state, whole=True)
        self._trouble += 1
        error = event.detail.get("error") or event.type
        number = f" attempt {state.attempts}" if state.attempts > 1 else ""
        self._line(f"{self._at(run, event.at)} ✕ {state.name}{number}: {error}{_words(event.detail.get('cause'))}")
        log = run._session.logs.get((frame, state.id, state.attempts - 1))
        if log is not None and (where := own_line(log.traceback)):
            self._line(f"    {where}")

    def _read_log(self, run: Followed, frame: FrameKey, state: _State, *, whole: bool = False) -> None:
        """Show what the state's function has printed since, by the line; ``whole``: the last line may lack its end."""
        if not state.attempts:
            return
        log = run._session.logs.get((frame, state.id, state.attempts - 1))
        if log is None:
            return
        text, state.read = log.read(state.read)
        *lines, state.rest = (state.rest + text).split("\n")
        if whole and state.rest:
            lines.append(state.rest)
            state.rest = ""
        for line in lines:
            state.last = line[:_CUT]
            self._line(f"    {state.name} | {line[:_CUT]}")

    def _now(self, run: Followed) -> float:
        """Return the machine's time: its last news, and what has passed since. Asking the clock itself is the session's."""
        last, seen = run._execution.now, time.monotonic()
        if last != self._news[0]:
            self._news = (last, seen)
        return float(last + (seen - self._news[1]) * getattr(run._session.clock, "speed", 1.0))

    @staticmethod
    def _at(run: Followed, at: float) -> str:
        return f"{at - run._execution.started_at:9.3f} s"

    # ------------------------------------------------------------------------------------------------------- showing
    def _line(self, text: str) -> None:
        if not self._quiet:
            self._show(text)

    def _show(self, text: str) -> None:
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text(printable(text), style="red" if " ✕ " in text[:20] else ""))
            return
        try:
            print(printable(text), file=self._stream, flush=True)
        except (OSError, ValueError):  # nobody reads it any more: the run goes on
            self._quiet = True

    def _draw(self) -> None:
        """Draw the lines of the states at work, and the last one for the whole."""
        run = self._run
        assert run is not None
        from rich.console import Console, Group
        from rich.live import Live
        from rich.text import Text

        if self._live is None:
            console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
            live = Live(
                console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
            )
            live.start()
            with self._lock:
                self._live = live
        room = max(1, self._live.console.height - 4)
        with self._lock:
            states = [(state, self._in_item(frame)) for frame, state in self._states.items()]
            count, trouble = self._done, self._trouble
        resting = {visit: at for _, visit, at in run._execution.resting}
        figures = run.map_figures()
        now = self._now(run)
        shown = [state for state, inside in states if not inside] or [state for state, _ in states]
        lines = []
        if count or trouble:
            lines.append(
                Text.assemble(
                    (f"✓ {count:,} done", "green"), (f"   ✕ {trouble:,} failed attempts" if trouble else "", "red")
                )
            )
        for state in shown[:room]:
            lines.append(
                Text(
                    printable(_state_line(state, now, resting.get(state.id), figures.get(state.address))), style="blue"
                )
            )
        if len(states) > len(shown[:room]):
            lines.append(Text(f"  … {len(states) - len(shown[:room]):,} more at work"))
        lines.append(
            Text(
                f"{run.status}  {_duration(max(0.0, now - run._execution.started_at))} on the clock  {run.transitions:,} transitions",
                style="bold",
            )
        )
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        self._live.update(Group(*lines), refresh=True)


def _state_line(state: _State, now: float, until: float | None, figures: dict[str, int] | None) -> str:
    words = [f"● {state.name}"]
    if figures:
        failed = f", {figures['failed']:,} failed" if figures.get("failed") else ""
        words.append(f"{figures.get('done', 0):,} of {figures.get('total', 0):,} items{failed}")
    elif state.total is not None:
        words.append(_items(state))
    if state.attempts > 1:
        words.append(f"attempt {state.attempts}")
    if until is not None and until > now:
        words.append(f"{'waits' if state.type == 'Wait' else 'tries again in'} {_duration(until - now)}")
    else:
        words.append(_duration(max(0.0, now - state.since)))
    if said := (state.rest or state.last)[:_CUT]:
        words.append(f"| {said}")
    return "  ".join(words)


def _items(state: _State) -> str:
    failed = f", {state.failed:,} failed" if state.failed else ""
    return f"{state.done + state.failed:,} of {state.total or 0:,} items{failed}"


def _words(cause: Any) -> str:
    """Return a cause in one line after a colon; of what a function raised, its message."""
    if not isinstance(cause, str) or not cause:
        return ""
    line = " ".join(cause_message(cause).split())
    return f": {line[:_CUT]}{'…' if len(line) > _CUT else ''}"


def own_line(text: str) -> str:
    """Return the last line of the user's own code in a traceback's text, with its place; "" where there is none.

    Lines of installed packages and of Python's library are not the user's, unless there is no other.
    """
    found = _FRAME.findall(text)
    package = str(Path(__file__).parents[1]) + os.sep
    library = (package, os.path.dirname(os.__file__) + os.sep, sys.prefix + os.sep + "lib", "<frozen")
    own = [one for one in found if not one[0].startswith(library)] or [
        one for one in found if not one[0].startswith(package)
    ]
    if not own:
        return ""
    file, line, function, code = own[-1]
    return f"{os.path.relpath(file) if file.startswith(os.getcwd() + os.sep) else file}, line {line}, in {function}: {code.strip()}"


def _duration(seconds: float) -> str:
    if seconds < 0.0995:
        return f"{seconds * 1000:.3g} ms" if seconds else "0 s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
