"""Everything that a public name leads to is tried: none of it bends a run, a machine or a definition.

The walk finds public attributes and methods by itself, from the runs, machines and results below. A method that needs
arguments has to be named in `GIVEN`, and one that steers (which is what it is there for) in `STEERS`: a new one that is in
neither fails the test.
"""

from __future__ import annotations

import inspect
import json
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import sfnbook
from sfnbook import Activity, StateMachine, mock, raises, replay, returns
from sfnbook.coverage.collect import coverage_of
from sfnbook.errors import InputError
from sfnbook.sweep import sweep
from sfnbook.values import to_text

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
WORK = {"Type": "Task", "Resource": f"{ARN}f"}
CHILD = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "C", "States": {"C": {**WORK, "End": True}}}  # fmt: skip
STATES: dict[str, Any] = {
    "Init": {"Type": "Pass", "Result": {"items": [[1], {"a": [2]}], "n": 0}, "Assign": {"v": {"deep": [0]}}},
    "Both": {
        "Type": "Parallel",
        "Branches": [{"StartAt": "A", "States": {"A": {**WORK, "Parameters": {"n": [1], "i.$": "$"}, "End": True}}}],
        "ResultPath": "$.p",
    },
    "Each": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {"StartAt": "B", "States": {"B": {**WORK, "End": True}}}, "ResultPath": "$.m"},
    "All": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": CHILD, "ResultPath": "$.d"},
    "Try": {
        **WORK,
        "Resource": f"{ARN}g",
        "Retry": [{"ErrorEquals": ["Once"], "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": "Which"}],
        "ResultPath": "$.t",
    },
    "Which": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 0, "Next": "End"}], "Default": "End"},
    "End": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% {'in': $states.input, 'c': {'k': [1]}} %}", "End": True},
}  # fmt: skip
ORDER = list(STATES)
DEFINITION = {
    "StartAt": "Init",
    "States": {
        name: state if state["Type"] == "Choice" or "End" in state else {**state, "Next": ORDER[ORDER.index(name) + 1]}
        for name, state in STATES.items()
    },
}
DATA = {"x": [1, {"y": [2]}]}

STEERS = {
    "Run": "add_listener fork redrive send_task_failure send_task_heartbeat send_task_success stop to_html to_png wait",
    "RecordedRun": "add_listener fork stop to_html to_png",
    "ChildRun": "add_listener fork stop",
    "Moment": "add_listener stop",
    "StateMachine": "bind debug run to_png bindings store",
    "RunList": "append clear count index keep listen remove",
    "Coverage": "add update hits runs name definition",
    "Comparison": "to_html",
    "Mock": "handle state check fits problem",
}
"""What is there to change something or to say what answers tasks, or writes a file."""

ELSEWHERE = ("simulate", "to_jsonata", "policy", "to_template", "to_dot")
"""What takes long; walked from the machine alone."""


def given(run: Any) -> dict[str, Callable[[Any], Any]]:
    """How methods that need arguments are called; those of a record get what it has itself."""
    other = run
    return {
        "again": lambda one: one.again(one.visits[-1]),
        "assigners": lambda one: {v.name: one.assigners(v) for v in one.visits},
        "at": lambda one: one.at(one.visits[-1].id),
        "called": lambda one: [one.called("f"), one.called("f").with_({"n": [1]})],
        "child": lambda one: [one.child("All", 0), one.child("All", 1)],
        "compare": lambda one: one.compare(other),
        "context": lambda one: [one.context(v) for v in one.visits],
        "describe_map_run": lambda one: one.describe_map_run(one.map_runs()[0]["mapRunArn"]),
        "find": lambda one: one.find("$..items"),
        "items_frame": lambda one: [one.items_frame("Each").to_dict(), one.items_frame("Each")],
        "lineage": lambda one: [one.lineage(v) for v in one.visits if v.status == "succeeded"],
        "links": lambda one: [one.links(v) for v in one.visits],
        "map_children": lambda one: one.map_children(2),
        "map_items": lambda one: [one.map_items(v) for v in one.visits if v.name == "Each"],
        "rules": lambda one: [one.rules(v) for v in one.visits if v.type == "Choice"],
        "stages": lambda one: [one.stages(v) for v in one.visits],
        "state": lambda one: [one.state(v.name) for v in one.visits],
        "unused": lambda one: [one.unused(v) for v in one.visits[:1]],
        "outward": lambda one: [one.outward(v) for v in one.visits],
        "let_go": lambda one: one.let_go("x"),
        "run_named": lambda one: one.run_named("x"),
        "variant": lambda one: one.variant(DEFINITION),
        "with_": lambda one: one.with_({}),
        "get": lambda one: one.get("Type"),
        "counts": lambda one: one.counts(),
        "percentile": lambda one: one.percentile(50),
        "review": lambda one: one.review({"Statement": []}),
    }


class Walk:
    """Walks what is reachable from objects by public names, edits what it meets, and checks after each edit."""

    def __init__(self, same: Callable[[], str], run: Any) -> None:
        def now() -> str:
            try:
                return same()
            except Exception as fault:  # what cannot be shown any more is bent, too
                return repr(fault)

        self.same = now
        self.before = same()
        self.given = given(run)
        self.seen: dict[int, Any] = {}
        self.unknown: set[str] = set()
        self.kinds: set[str] = set()
        self.edited: list[str] = []
        self.tried: set[tuple[type, str]] = set()

    def over(self, **roots: Any) -> None:
        todo = deque(roots.items())
        while todo:
            path, value = todo.popleft()
            if id(value) in self.seen or path.count(".") + path.count("[") > 6:
                continue
            self.seen[id(value)] = value  # kept, so that no id is given twice
            parts = list(self.parts(path, value))
            todo.extend(parts)
            self.edit(path, value)
            if len(self.edited) == 100:
                self.check()
        self.check()

    def check(self) -> None:
        assert self.same() == self.before, f"one of these bends the run: {', '.join(self.edited)}"
        self.edited.clear()

    def parts(self, path: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            yield from ((f"{path}[{key!r}]", one) for key, one in list(value.items())[:8])
        elif isinstance(value, (list, tuple, set, frozenset, deque)):
            yield from ((f"{path}[{at}]", one) for at, one in enumerate(list(value)[:8]))
        kind = type(value)
        if not kind.__module__.startswith("sfnbook") or inspect.isclass(value) or inspect.isroutine(value):
            return
        assert not kind.__module__.startswith("sfnbook.engine") or kind.__name__ == "Event", f"{path} is {kind}"
        assert kind.__name__ not in ("Session", "Task", "Journal", "Program"), f"{path} is {kind}"
        self.kinds.add(kind.__name__)
        steers = " ".join(STEERS.get(base.__name__, "") for base in kind.__mro__).split()
        for name in dir(value):
            if name.startswith("_") or name in steers or name in ELSEWHERE:
                continue
            found = getattr(value, name)
            if not callable(found):
                yield f"{path}.{name}", found
            elif inspect.ismethod(found) and not inspect.isclass(found.__self__):
                yield from self.called(path, kind, value, name, found)

    def called(self, path: str, kind: type, value: Any, name: str, found: Any) -> Any:
        if isinstance(value, tuple) and name in ("count", "index"):
            return
        needed = [
            one
            for one in inspect.signature(found).parameters.values()
            if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        ]  # fmt: skip
        if name in self.given:
            with suppress(InputError, AttributeError):  # there is nothing of the kind in this one
                yield f"{path}.{name}()", self.given[name](value)
        elif needed:
            self.unknown.add(f"{kind.__name__}.{name}")
        else:
            yield f"{path}.{name}()", found()

    def edit(self, path: str, value: Any) -> None:
        """Change a value in every way there is, and see that nothing else has changed."""
        kind = type(value)
        if isinstance(value, (dict, list, set, bytearray, deque)):
            ruin(value)
        elif kind.__module__.startswith("sfnbook") and not inspect.isclass(value) and not inspect.isroutine(value):
            steers = " ".join(STEERS.get(base.__name__, "") for base in kind.__mro__).split()
            names = [name for name in dir(value) if not name.startswith("_") and name not in steers]
            held = {name: getattr(value, name) for name in names}
            for name in [name for name in names if not callable(held[name])]:
                if (kind, name) in self.tried:
                    continue
                self.tried.add((kind, name))
                try:
                    setattr(value, name, "bent")
                except (AttributeError, TypeError):  # TypeError: of a frozen dataclass with slots, in Python 3.11
                    continue
                now = self.same()
                setattr(value, name, held[name])
                assert now == self.before, f"{path}.{name} can be set, and bends the run"
        else:
            return
        self.edited.append(path)


def ruin(value: Any) -> None:
    if isinstance(value, dict):
        value.clear()
        value["bent"] = object()
    elif isinstance(value, set):
        value.add("bent")
    else:
        value.clear()
        value.append(7)


def flaky() -> Callable[[Any], Any]:
    failed: list[bool] = []

    def g(event: Any) -> Any:
        print("working")
        if not failed:
            failed.append(True)
            raise sfnbook.TaskError("Once", "first")
        return {"ok": [event]}

    return g


def f(event: Any) -> Any:
    return {"got": [event]}


def machine() -> StateMachine:
    return StateMachine(DEFINITION, name="walked").bind("f", f)


def shown(run: Any) -> str:
    """What a run shows, as one text."""
    parts = [
        run.history(),
        run.describe(),
        str(run),
        repr(run),
        repr(run.visits),
        run.name,
        run.arn,
        run.path,
        run.status,
    ]
    parts += [
        repr([run.stages(visit) for visit in run.visits]),
        run.mocks(),
        run.to_mermaid(),
        run.machine.definition.text,
    ]
    parts += [repr(run.map_runs()) if hasattr(run, "map_runs") else "", run.machine.name, run.clock, run.transitions]
    return json.dumps(parts, default=str)


OPTIONS: dict[str, Any] = {"clock": "virtual@2026-01-01T00:00Z"}


def test_nothing_that_a_run_hands_out_bends_it() -> None:
    m = machine()
    run = m.run(DATA, bind={"g": flaky()}, name="same", **OPTIONS)
    assert run.succeeded, run
    walk = Walk(lambda: shown(run), run)
    walk.over(run=run)
    assert walk.unknown == set(), "say in GIVEN how these are called, or in STEERS that they change something"
    assert {
        "Run",
        "StateMachine",
        "Visit",
        "Attempt",
        "Event",
        "ChildRun",
        "Moment",
        "Lineage",
        "Definition",
    } <= walk.kinds
    assert run.fork("Init", bind={"g": flaky()}).output == run.output
    assert m.run(DATA, bind={"g": flaky()}).output == run.output


def test_nothing_that_a_recorded_run_hands_out_bends_it() -> None:
    m = machine()
    recorded = replay(m.run(DATA, bind={"g": flaky()}, **OPTIONS).history(), m)
    walk = Walk(lambda: shown(recorded), recorded)
    for name in ("child", "items_frame"):  # the children of a Map run stand in no history
        walk.given[name] = lambda one: None
    walk.over(run=recorded)
    assert walk.unknown == set()


def test_nothing_that_a_machine_hands_out_bends_it() -> None:
    m = machine()

    def says() -> str:
        run = m.run(DATA, bind={"g": flaky()}, name="same", **OPTIONS)
        return shown(run) + m.to_svg() + m.to_template() + repr(m) + to_text(m.definition.machine.fields)

    walk = Walk(says, m.run(DATA, bind={"g": flaky()}, **OPTIONS))
    walk.over(
        definition=m.definition, tasks=m.tasks(), diagnostics=m.diagnostics, policy=m.policy(), bindings=m.bindings
    )
    walk.over(simulation=m.simulate(DATA, runs=3), converted=m.to_jsonata().text, sweep=sweep(m, DATA))


def test_nothing_that_mocks_coverage_and_workers_hand_out_bends_a_run() -> None:
    m = machine()
    mocks = [mock("Try", returns({"a": [1]})), mock("B", raises("E"), returns({"b": [[2]]}))]

    def says() -> str:
        run = m.run(DATA, mocks=mocks, name="same", **OPTIONS)
        return json.dumps([run.status, run.error, run.output, run.mocks()])

    first = m.run(DATA, mocks=mocks, name="same", **OPTIONS)
    walk = Walk(says, first)
    (coverage,) = coverage_of([first])
    walk.over(mock=mocks[0], second=mocks[1], coverage=coverage, hits=coverage.hits, items=coverage.items)
    ask = StateMachine({"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:own", "Parameters": {"deep": [[1]]}, "End": True}}})  # fmt: skip
    run = ask.run(wait=False)
    (pending,) = run.tasks_waiting(5)
    task = Activity("own").get_task()
    assert task is not None
    walk = Walk(lambda: json.dumps([run.visits[0].attempts[0].parameters, run.history()], default=str), first)
    walk.over(pending=pending, input=task.input)
    task.succeed({})
    assert run.wait(5).succeeded
