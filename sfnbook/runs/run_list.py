"""The runs of a machine or of a notebook: the last few whole, of older ones what a list shows.

An older run that a variable holds stays whole; only the list drops it, so that its events can be freed.
"""

from __future__ import annotations

import json
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Generic, NamedTuple, TypeVar, overload

from sfnbook.values import Json

KEPT: Final = 10
"""Runs that are kept whole unless said otherwise, besides those that still run."""

REMEMBERED: Final = 1_000
"""Older runs of which a list still shows a line."""

LINE: Final = 120
"""Characters of an older run's input and output."""


_ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode

R = TypeVar("R", bound=Any)


class PastRun(NamedTuple):
    """What is left of an older run. input, output: the beginning of their texts. seconds: on the machine's clock."""

    machine: str
    number: int
    name: str
    status: str
    input: str
    output: str
    error: str | None
    seconds: float
    transitions: int


class RunList(Sequence[R], Generic[R]):
    """Runs, oldest first. ``keep``: how many are kept whole; may be set at any time. past: lines about older ones."""

    def __init__(self, keep: int = KEPT) -> None:
        self.keep = keep
        self.past: deque[PastRun] = deque(maxlen=REMEMBERED)
        self.forgotten = 0
        self._whole: list[R] = []
        self._listeners: list[weakref.WeakMethod[Callable[[], None]]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call a bound method at each new run, on the thread that starts it, as long as its object lives."""
        self._listeners = [one for one in self._listeners if one() is not None]
        self._listeners.append(weakref.WeakMethod(listener))

    @property
    def total(self) -> int:
        """How many there have been."""
        return self.forgotten + len(self.past) + len(self._whole)

    def append(self, run: R) -> None:
        """Add a run, and drop older ones that have ended."""
        whole = self._whole
        whole.append(run)
        if len(whole) > max(1, self.keep):
            self._let_go()
        for told in [one() for one in self._listeners]:
            if told is not None:
                told()

    def _let_go(self) -> None:
        spare = len(self._whole) - max(1, self.keep)
        ended = (run for run in self._whole[:-1] if run.done)
        for run in list(islice(ended, spare)):
            self._whole.remove(run)
            if len(self.past) == self.past.maxlen:
                self.forgotten += 1
            self.past.append(_past(run))

    def remove(self, run: R) -> None:
        """Take a run out as if it had never been."""
        self._whole.remove(run)

    def clear(self) -> None:
        """Take all out."""
        self._whole.clear()
        self.past.clear()
        self.forgotten = 0

    @overload
    def __getitem__(self, which: int) -> R: ...
    @overload
    def __getitem__(self, which: slice) -> list[R]: ...
    def __getitem__(self, which: int | slice) -> Any:
        return self._whole[which]

    def __len__(self) -> int:
        return len(self._whole)

    def __iter__(self) -> Iterator[R]:
        return iter(self._whole[:])

    def __eq__(self, other: object) -> bool:
        return self._whole == list(other) if isinstance(other, (list, RunList)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return repr(self._whole)


def _past(run: Any) -> PastRun:
    execution = run.execution
    output = _line(execution.output) if run.status == "SUCCEEDED" else ""
    results = (_line(execution.input), output, run.error, run.seconds, execution.transitions)
    return PastRun(run.machine.name, run.number, run.name, run.status, *results)


def _line(value: Json) -> str:
    """Return the beginning of a value's JSON text without making the whole."""
    parts: list[str] = []
    _write(value, parts, LINE + 1)
    text = "".join(parts)
    return text if len(text) <= LINE else text[:LINE] + "…"


def _write(value: Json, parts: list[str], room: int) -> int:
    """Append the parts of a value's JSON text until ``room`` characters are full; return what is left of it."""
    if isinstance(value, (dict, list)):
        between, end = ("{", "}") if isinstance(value, dict) else ("[", "]")
        for key in value:
            parts.append(between)
            room -= len(between)
            between = ", "
            if isinstance(value, dict):
                room = _write(key, parts, room)
                parts.append(": ")
                room = _write(value[key], parts, room - 2)
            else:
                room = _write(key, parts, room)
            if room <= 0:
                return 0
        end = end if value else between + end
    else:
        end = _ENCODE(value[:room] if isinstance(value, str) else value)
    parts.append(end)
    return room - len(end)
