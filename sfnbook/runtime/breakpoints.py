"""Breakpoints: where and when a debugger stops, and the texts they are written as.

``Ship``, ``Ship if $.amount > 100``, ``Ship if input["amount"] > 100``, ``Ship item 2``, ``error``, ``error States.Timeout``.
Knows states, lines and conditions; does not know how a session is stopped.
"""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sfnbook.engine.frame import Frame
from sfnbook.engine.program import CompiledState, Program
from sfnbook.errors import ALL, InputError
from sfnbook.language.definition import Address
from sfnbook.query.jsonpath.grammar import read_filter
from sfnbook.query.scope import ExpressionError
from sfnbook.values import Json, copy_of

Condition: TypeAlias = Callable[[Json, Mapping[str, Json]], Any]
"""Asked with the value about to enter a state and the variables it sees; true stops there."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """Where to stop. Made by `breakpoint_of`; ``text`` is how it is written.

    address: of a state, None for one on errors. condition: None for always. item: which iteration of the Map around
    the state, from 0; None for all. error: the Error name to stop at, ``States.ALL`` for any. once: gone when reached.
    """

    text: str
    address: Address | None = None
    condition: Condition | None = None
    item: int | None = None
    error: str | None = None
    once: bool = False

    def stops(self, frame: Frame) -> str | None:
        """Return why to stop before the state that a line is about to enter, None to go on.

        A condition that raises stops too: the reason says with what.
        """
        state = frame.state
        if state is None or state.address != self.address:
            return None
        if self.item is not None and (frame.item is None or frame.item.get("Index") != self.item):
            return None
        if self.condition is None:
            return "here" if self.once else f"breakpoint {self.text}"
        try:
            held = self.condition(frame.data, frame.variables)
        except Exception as fault:  # the user's own expression may raise anything
            return f"the condition of {self.text} raised {type(fault).__name__}: {fault}"
        return f"breakpoint {self.text}" if held else None

    def stops_at(self, error: str | None) -> bool:
        """Return whether to stop at an error of this name."""
        return self.error is not None and self.error in (ALL, error)


_ERROR: Final = re.compile(r"(?:on )?errors?(?:\s+(\S+))?", re.I)
_ITEM: Final = re.compile(r"(.+?)\s+item\s+(\d+)", re.S)


def breakpoint_of(
    text: str, program: Program, namespace: Mapping[str, Any] | None = None, *, once: bool = False
) -> Breakpoint:
    """Return the breakpoint that a text means. ``namespace``: what a Python condition may use besides input and variables.

    Raises InputError for a state that does not exist or a condition that cannot be read.
    """
    text = text.strip()
    state = find_state(program, text)
    if state is not None:
        return Breakpoint(text, state.address, once=once)
    for at in (found.start() for found in re.finditer(r"\sif\s", text)):
        place = _place(text[:at].strip(), program)
        if place is not None:
            return Breakpoint(text, place[0], condition(text[at + 4 :].strip(), namespace), place[1], once=once)
    place = _place(text, program)
    if place is not None:
        return Breakpoint(text, place[0], item=place[1], once=once)
    on_error = _ERROR.fullmatch(text)
    if on_error:
        return Breakpoint(text, error=on_error[1] or ALL, once=once)
    raise InputError(unknown_state(program, re.split(r"\s(?:if|item)\s", text)[0]))


def _place(text: str, program: Program) -> tuple[Address, int | None] | None:
    state = find_state(program, text)
    if state is not None:
        return state.address, None
    item = _ITEM.fullmatch(text)
    state = find_state(program, item[1]) if item else None
    return (state.address, int(item[2])) if item and state is not None else None


def find_state(program: Program, name: str) -> CompiledState | None:
    """Return the state with this name or address, None when there is none."""
    found = program.by_address.get(name)
    return found or next((state for state in program.by_address.values() if state.name == name), None)


def unknown_state(program: Program, name: str) -> str:
    """Return the words for a state that does not exist: the nearest one, or what there is."""
    names = [state.name for state in program.by_address.values()]
    near = difflib.get_close_matches(name, names, 1, 0.5)
    if near:
        return f'There is no state "{name}". Did you mean "{near[0]}"?'
    shown = ", ".join(f'"{n}"' for n in names[:8])
    return f'There is no state "{name}". The states are {shown}{" …" if len(names) > 8 else ""}.'


def condition(text: str, namespace: Mapping[str, Any] | None = None) -> Condition:
    """Return the condition a text means: a JSONPath comparison when it begins with ``$``, else a Python expression.

    In Python, ``input`` is the value about to enter the state, ``variables`` all variables, and each variable is there
    under its own name too. Raises InputError for a text that cannot be read.

    >>> condition("$.amount > 100")({"amount": 101}, {})
    True
    >>> condition("input['amount'] > limit")({"amount": 101}, {"limit": 500})
    False
    """
    return _path_condition(text) if text.startswith("$") else _python_condition(text, namespace)


def _path_condition(text: str) -> Condition:
    whole = f"({text})"
    try:
        matches, end = read_filter(whole, 0)
        if end != len(whole):
            raise ExpressionError(f"{whole[end:-1]!r} is too much")
    except ExpressionError as fault:
        raise InputError(f"The condition {text} cannot be read: {fault}. For example: $.amount > 100") from None
    return lambda data, variables: matches({}, data)


def _python_condition(text: str, namespace: Mapping[str, Any] | None) -> Condition:
    try:
        code = compile(text, "<condition>", "eval")
    except (SyntaxError, ValueError) as fault:
        raise InputError(
            f"The condition {text} is no Python expression: {fault}. "
            'For example: input["amount"] > 100, or as JSONPath: $.amount > 100'
        ) from None

    def held(data: Json, variables: Mapping[str, Json]) -> Any:
        own = copy_of(dict(variables))
        known = {
            "__builtins__": builtins,
            **(namespace or {}),
            **own,
            "input": copy_of(data),
            "variables": own,
        }
        return eval(code, known)

    return held
