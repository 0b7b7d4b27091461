"""Definition -> Program: every expression of every state read once.

Collects what it cannot read in AWS's words, so that a definition gives all its faults at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sfnbook.engine.program import Catcher, CompiledMachine, CompiledState, Program, Retrier, Work
from sfnbook.engine.states.map import map_work
from sfnbook.engine.states.task import task_work
from sfnbook.engine.states.work import choice_work, fail_work, parallel_work, pass_work, succeed_work, wait_work
from sfnbook.language.definition import Definition, Machine, State
from sfnbook.language.placeholders import RULE as UNFILLED
from sfnbook.language.placeholders import unfilled, unfilled_expression
from sfnbook.query.data_flow import Compiler, Problem, catch_flow, dataflow
from sfnbook.query.jsonata.language import JSONATA
from sfnbook.query.jsonpath.language import JSONPATH
from sfnbook.query.scope import QueryLanguage
from sfnbook.values import Json

LANGUAGES: Final[dict[str, QueryLanguage]] = {"JSONPath": JSONPATH, "JSONata": JSONATA}

_WORKS: Final[dict[str, Callable[[Compiler, CompiledState], Work]]] = {
    "Task": task_work,
    "Pass": pass_work,
    "Choice": choice_work,
    "Wait": wait_work,
    "Succeed": succeed_work,
    "Fail": fail_work,
    "Parallel": parallel_work,
    "Map": map_work,
}

Problems = list[Problem]


def compile_definition(definition: Definition, type: str = "STANDARD") -> tuple[Program, Problems]:
    """Return the program and the expressions that make the definition wrong, or that AWS's or our own advice is about.

    A program with problems that are no warnings must not be run. ``type``: STANDARD or EXPRESS.
    """
    problems: Problems = [
        Problem(found.where, found.message, hint=found.hint, rule=UNFILLED) for found in unfilled(definition.machine)
    ]
    if problems:
        return Program(definition, CompiledMachine(definition.machine.start_at), {}, type, None), problems
    by_address: dict[str, CompiledState] = {}
    machine = _machine(definition.machine, by_address, problems)
    timeout = definition.machine.fields.get("TimeoutSeconds")
    seconds = float(timeout) if timeout is not None else None
    return Program(definition, machine, by_address, type, seconds), [_unfilled(definition, one) for one in problems]


def _unfilled(definition: Definition, problem: Problem) -> Problem:
    """Return a problem as that of a placeholder, where the expression holds one: there is nothing wrong with a template."""
    hint = "" if problem.warning else unfilled_expression(definition.machine, problem.where, problem.message)
    return problem._replace(hint=hint, rule=UNFILLED) if hint else problem


def _machine(source: Machine, by_address: dict[str, CompiledState], problems: Problems) -> CompiledMachine:
    states = {name: _state(state, by_address, problems) for name, state in source.states.items()}
    return CompiledMachine(source.start_at, states, source.address)


def _state(source: State, by_address: dict[str, CompiledState], problems: Problems) -> CompiledState:
    compiler = Compiler(LANGUAGES[source.query_language], source.address, problems, source.type)
    state = CompiledState(source, dataflow(compiler, source.type, source.fields), compiler.jsonata)
    state.branches = tuple(_machine(branch, by_address, problems) for branch in source.branches)
    state.retriers = tuple(_retrier(entry) for entry in source.get("Retry") or ())
    state.catchers = tuple(
        Catcher(frozenset(entry["ErrorEquals"]), entry["Next"], catch_flow(compiler, entry, f"Catch[{index}]"))
        for index, entry in enumerate(source.get("Catch") or ())
    )
    state.work = _WORKS[source.type](compiler, state)
    by_address[source.address] = state
    return state


def _retrier(entry: Mapping[str, Json]) -> Retrier:
    maximum = entry.get("MaxDelaySeconds")
    return Retrier(
        frozenset(entry["ErrorEquals"]),
        float(entry.get("IntervalSeconds", 1)),
        int(entry.get("MaxAttempts", 3)),
        float(entry.get("BackoffRate", 2.0)),
        float(maximum) if maximum is not None else None,
        entry.get("JitterStrategy") == "FULL",
    )
