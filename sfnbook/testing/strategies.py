"""Hypothesis strategies made from a definition: ``sfnbook.strategies.inputs(machine)``.

Owns how an input varies; where a machine reads its input, and which values lie at the borders of its comparisons, is
`sfnbook.testing.generation`'s. Hypothesis is optional (``pip install 'sfnbook[pytest]'``) and loaded on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import InputError
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, copy_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from sfnbook.machine import StateMachine

_MOST_RUNS: Final = 300
"""So many runs are made to find inputs to start from."""


def inputs(machine: StateMachine, *, missing: bool = True) -> SearchStrategy[Json]:
    """Return a strategy of inputs for a machine: those of generated cases, with other values where the machine reads them.

    The values are the constants of its Choice rules and their neighbours, others of the same type, and, with ``missing``,
    none at all or one of another type. No task is called to make them. Raises InputError where hypothesis is not installed.
    """
    try:
        from hypothesis import strategies
    except ModuleNotFoundError as fault:
        if fault.name != "hypothesis":
            raise
        raise InputError("Strategies need hypothesis: pip install 'sfnbook[pytest]'.") from None
    from sfnbook.testing.generation.case import Case, read
    from sfnbook.testing.generation.search import generate, inputs_read

    found = generate(machine, most_runs=_MOST_RUNS)
    places = sorted(inputs_read(found).items(), key=lambda one: len(one[0].place))  # what contains another one first
    starts: list[Json] = []
    for one in ({}, *(case.input for case in found.cases)) if missing else (case.input for case in found.cases):
        if one not in starts:
            starts.append(one)
    varied = [(source, _values(values, missing)) for source, values in places]

    @strategies.composite
    def made(draw: Callable[[SearchStrategy[Any]], Any]) -> Json:
        case = Case(copy_of(draw(strategies.sampled_from(starts or [{}]))))
        if varied:
            chosen = draw(strategies.sets(strategies.sampled_from(range(len(varied)))))
            for number, (source, values) in enumerate(varied):
                if number not in chosen and (missing or read(case.input, source.place) is not ABSENT):
                    continue
                case = case.with_value(source, draw(values), {})
        return case.input

    return made()


def _values(known: list[Json], missing: bool) -> SearchStrategy[Json]:
    """Return the values of one place: those known, others of their types and, with ``missing``, none or any other."""
    from hypothesis import strategies

    number = strategies.integers(-(10**9), 10**9) | strategies.floats(-1e9, 1e9, allow_nan=False)
    of_type: dict[type, SearchStrategy[Json]] = {
        str: strategies.text(max_size=20),
        int: number,
        float: number,
        bool: strategies.booleans(),
    }
    parts: list[SearchStrategy[Json]] = [strategies.sampled_from(known)] if known else []
    parts += [of_type[kind] for kind in dict.fromkeys(map(type, known)) if kind in of_type]
    if missing or not parts:
        parts.append(strategies.sampled_from([ABSENT, None, True, 0, "", [], {}]))
    return strategies.one_of(parts)
