"""The runs of a machine or of a notebook: the last few whole, of older ones what a list shows.

An older run that a variable holds stays whole; only the list drops it, so that its events can be freed.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Generic, NamedTuple, TypeVar, overload

from sfnbook.values import Json, to_text

KEPT: Final = 10
"""Runs that are kept whole unless said otherwise, besides those that still run."""

REMEMBERED: Final = 1_000
"""Older runs of which a list still shows a line."""

LINE: Final = 120
"""Characters of an older run's input and output."""


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
        self._past: deque[PastRun] = deque(maxlen=REMEMBERED)
        self._forgotten = 0
        self._whole: list[R] = []
        self._listeners: list[weakref.WeakMethod[Callable[[], None]]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call a bound method at each new run, on the thread that starts it, as long as its object lives."""
        self._listeners = [one for one in self._listeners if one() is not None]
        self._listeners.append(weakref.WeakMethod(listener))

    @property
    def past(self) -> tuple[PastRun, ...]:
        """What is left of older runs, oldest first."""
        return tuple(self._past)

    @property
    def forgotten(self) -> int:
        """How many there have been of which nothing is left."""
        return self._forgotten

    @property
    def total(self) -> int:
        """How many there have been."""
        return self._forgotten + len(self._past) + len(self._whole)

    def append(self, run: R) -> None:
        """Add a run, and drop older ones that have ended."""
        whole = self._whole
        whole.append(run)
        if len(whole) > max(1, self.keep):
            self._let_go()
        if self._listeners:
            for listener in [one() for one in self._listeners]:
                if listener is not None:
                    listener()

    def _let_go(self) -> None:
        whole = self._whole
        spare = len(whole) - max(1, self.keep)
        ended = [whole[0]] if spare == 1 and whole[0].done else list(islice((r for r in whole[:-1] if r.done), spare))
        for run in ended:
            whole.remove(run)
            if len(self._past) == self._past.maxlen:
                self._forgotten += 1
            self._past.append(_past(run))

    def remove(self, run: R) -> None:
        """Take a run out as if it had never been."""
        self._whole.remove(run)

    def clear(self) -> None:
        """Take all out."""
        self._whole.clear()
        self._past.clear()
        self._forgotten = 0

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
    execution = run._execution
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
    if type(value) is dict:
        between, end, empty = "{", "}", "{}"
        for key, child in value.items():
            text = f"{between}{to_text(key)}: "
            if type(child) is dict or type(child) is list:
                parts.append(text)
                room = _write(child, parts, room - len(text))
            else:
                parts.append(text := text + _scalar(child, room))
                room -= len(text)
            if room <= 0:
                return 0
            between = ", "
    elif type(value) is list:
        between, end, empty = "[", "]", "[]"
        for child in value:
            parts.append(between)
            room = _write(child, parts, room - len(between))
            if room <= 0:
                return 0
            between = ", "
    else:
        end = empty = _scalar(value, room)
    if not value:
        end = empty
    parts.append(end)
    return room - len(end)


def _scalar(value: Json, room: int) -> str:
    kind = type(value)
    return str(value) if kind is int else to_text(value[:room] if kind is str else value)
