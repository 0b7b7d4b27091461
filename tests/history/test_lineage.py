"""Where values come from and who uses them: examples to read, and the property that makes it worth believing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfnbook import StateMachine
from sfnbook.convert.definition_diff import definition_diff
from sfnbook.errors import InputError
from sfnbook.history.lineage import path_text
from sfnbook.machine import SeenMachine
from sfnbook.query.jsonpath.paths import reference_path
from sfnbook.values import put

ARN = "arn:aws:lambda:eu-west-1:1:function:"
LINES = [{"name": "pen", "price": 3}, {"name": "ink", "price": 9}, {"name": "pad", "price": 8}]
ORDER = {"order": {"id": 7, "lines": LINES}, "table": "shop"}


def run(*states: dict[str, Any], input: Any = ORDER, language: str = "JSONPath", **functions: Any) -> Any:
    names = [f"S{index}" for index in range(len(states))]
    chained = {
        name: state if state["Type"] == "Succeed" else {**state, **({"Next": after} if after else {"End": True})}
        for name, state, after in zip(names, states, [*names[1:], None], strict=True)
    }
    definition = {"StartAt": "S0", "States": chained, "QueryLanguage": language}
    done = StateMachine(definition, name="m", namespace=functions).run(input)
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    return done


def test_a_value_is_followed_to_the_executions_input() -> None:
    done = run(
        {"Type": "Pass", "Parameters": {"key.$": "$.order.id"}, "ResultPath": "$.made"},
        {"Type": "Pass", "OutputPath": "$.made"},
    )
    assert str(done.lineage("S1", "$.key")) == (
        "S1 output $.key ← OutputPath $.made\n"
        "S0 output $.made.key\n"
        "S0 afterResultPath $.made.key ← ResultPath $.made\n"
        "S0 afterParameters $.key ← Parameters $.order.id\n"
        "execution input $.order.id (where the execution began)\n"
        "used by:\n"
        "  execution output $.key"
    )


def test_a_function_is_a_wall() -> None:
    done = run({"Type": "Task", "Resource": ARN + "f", "ResultPath": "$.r"}, f=lambda event: {"ok": [1, 2]})
    found = done.lineage("S0", "$.r.ok[1]")
    assert [(o.how, o.by, o.stage, o.path, o.value) for o in found.origins] == [("task", "f", "result", "$.ok[1]", 2)]
    assert [o.path for o in done.lineage("S0", "$.order").origins] == ["$.order"]


def test_a_filter_names_what_it_took_and_what_it_looked_at() -> None:
    done = run({"Type": "Pass", "Parameters": {"dear.$": "$.order.lines[?(@.price > 5)].name"}})
    assert done.output == {"dear": ["ink", "pad"]}
    assert [o.path for o in done.lineage("S0", "$.dear[0]").origins] == ["$.order.lines[1].name", "$.order.lines"]


def test_intrinsics_are_made_of_their_arguments() -> None:
    done = run({"Type": "Pass", "Parameters": {"t.$": "States.Format('{}-{}', $.order.id, $.table)", "n": 1}})
    assert [o.path for o in done.lineage("S0", "$.t").origins] == ["$.order.id", "$.table"]
    [written] = done.lineage("S0", "$.n").origins
    assert (written.how, written.by) == ("constant", "Parameters")


def test_variables_and_the_context_object() -> None:
    done = run(
        {"Type": "Pass", "Assign": {"kept.$": "$.order", "when.$": "$$.State.EnteredTime"}},
        {"Type": "Pass", "Parameters": {"a.$": "$kept.id", "b.$": "$$.Execution.Input.table", "c.$": "$when"}},
    )
    assert [o.path for o in done.lineage("S1", "$.a").origins] == ["$.order.id"]
    assert [o.path for o in done.lineage("S1", "$.b").origins] == ["$.table"]
    assert [(o.how, o.by) for o in done.lineage("S1", "$.c").origins] == [("outside", "the Context object")]


MAP = {
    "Type": "Map",
    "ItemsPath": "$.order.lines",
    "ItemSelector": {"what.$": "$$.Map.Item.Value.name", "of.$": "$.order.id"},
    "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}},
    "ResultPath": "$.seen",
}


def test_through_a_map_to_the_item() -> None:
    found = run(MAP).lineage("S0", "$.seen[2].what")
    assert [o.path for o in found.origins] == ["$.order.lines[2].name"]
    assert "I (S0 › item 2) output $.what" in str(found)
    assert [o.path for o in run(MAP).lineage("S0", "$.seen[2].of").origins] == ["$.order.id"]


def test_a_map_over_an_object() -> None:
    each = {**MAP, "ItemsPath": "$.order", "ItemSelector": {"v.$": "$$.Map.Item.Value", "k.$": "$$.Map.Item.Key"}}
    done = run(each)
    assert [o.path for o in done.lineage("S0", "$.seen[0].v").origins] == ["$.order.id"]
    assert [o.by for o in done.lineage("S0", "$.seen[1].k").origins] == ["the key"]


def test_through_a_parallel_to_the_branch() -> None:
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "InputPath": "$.table", "End": True}}}
    other = {"StartAt": "C", "States": {"C": {"Type": "Pass", "Result": 1, "End": True}}}
    done = run({"Type": "Parallel", "Branches": [branch, other], "ResultSelector": {"x.$": "$[0]", "y.$": "$[1]"}})
    assert [o.path for o in done.lineage("S0", "$.x").origins] == ["$.table"]
    assert [o.how for o in done.lineage("S0", "$.y").origins] == ["constant"]
    assert [stage.name for stage in done.stages(done.visits[0])] == ["input", "result", "afterResultSelector", "output"]


def test_jsonata_is_followed_where_it_only_reads_and_honest_elsewhere() -> None:
    done = run(
        {"Type": "Pass", "Assign": {"t": "{% $states.input.table %}"}, "Output": {
            "plain": "{% $states.input.order.id %}", "sum": "{% $sum($states.input.order.lines.price) %}"}},
        {"Type": "Pass", "Output": {"a": "{% $t %}", "b": "{% $states.input.sum + 1 %}", "c": "{% $states.input.plain %}"}},
        language="JSONata",
    )  # fmt: skip
    assert [o.path for o in done.lineage("S1", "$.a").origins] == ["$.table"]
    assert [o.path for o in done.lineage("S1", "$.c").origins] == ["$.order.id"]
    found = done.lineage("S1", "$.b")
    assert [hop.how for hop in found.hops if hop.how == "opaque"] == ["opaque", "opaque"]
    assert [o.path for o in found.origins] == ["$.order.lines"]
    assert "may have used" in str(found)


def test_a_caught_error() -> None:
    def f(event: Any) -> None:
        raise KeyError("x")

    catch = [{"ErrorEquals": ["KeyError"], "Next": "S1", "ResultPath": "$.error"}]
    done = run({"Type": "Task", "Resource": ARN + "f", "Catch": catch}, {"Type": "Succeed"}, f=f)
    assert [(o.how, o.by) for o in done.lineage("S1", "$.error.Error").origins] == [("error", "KeyError")]
    assert [o.path for o in done.lineage("S1", "$.table").origins] == ["$.table"]


def test_who_used_it() -> None:
    choice = {
        "StartAt": "C",
        "States": {
            "C": {"Type": "Choice", "Choices": [{"Variable": "$.order.id", "NumericGreaterThan": 5, "Next": "T"}]},
            "T": {"Type": "Task", "Resource": ARN + "f", "InputPath": "$.table", "End": True},
        },
    }
    done = StateMachine(choice, name="m", namespace={"f": lambda event: event}).run(ORDER)
    assert [str(u).strip() for u in done.lineage("C", "$.order.id", stage="input").uses] == [
        "C decision $ ← rule 1: $.order.id > 5",
        "C output $.order.id",
        "T input $.order.id",
    ]
    assert done.lineage("C", "$.table").uses[-1].by == "f"
    assert done.unused("C") == ["$.order"]
    assert done.unused("C", stage="input") == ["$.order.lines"]


def test_what_is_overwritten_is_unused() -> None:
    done = run(
        {"Type": "Pass"},
        {"Type": "Pass", "Result": 1, "ResultPath": "$.order.id"},
        {"Type": "Pass", "Parameters": {"all.$": "$.order"}},
    )
    assert done.unused("S0") == ["$.order.id", "$.table"]
    assert done.unused("S2") == []


def test_a_place_that_is_not_there_is_refused() -> None:
    done = run({"Type": "Pass"})
    with pytest.raises(InputError, match=r"There is no \$\.nothing in the output of S0"):
        done.lineage("S0", "$.nothing")
    with pytest.raises(InputError, match="no plain path"):
        done.lineage("S0", "$..id")
    with pytest.raises(InputError, match="was never in"):
        done.lineage("Nowhere")


def test_while_it_runs_what_is_known_is_told() -> None:
    machine = StateMachine(
        {
            "StartAt": "A",
            "States": {"A": {"Type": "Pass", "Next": "W"}, "W": {"Type": "Wait", "Seconds": 900, "End": True}},
        },
        name="m",
    )
    going = machine.run(ORDER, clock="real", wait=False)
    try:
        while len(going.visits) < 2:
            pass
        assert [o.path for o in going.lineage("W", "$.table", stage="input").origins] == ["$.table"]
    finally:
        going.stop()


def test_a_long_way_is_followed_without_depth() -> None:
    loop = {
        "StartAt": "Add",
        "States": {
            "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "k.$": "$.k"}, "Next": "More?"},
            "More?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 1500, "Next": "Add"}],
                      "Default": "Done"},
            "Done": {"Type": "Succeed"},
        },
    }  # fmt: skip
    done = StateMachine(loop, name="m").run({"n": 0, "k": "kept", "x": 1})
    assert done.unused(None, stage="input") == ["$.x"]
    assert len(done.lineage("Done", "$.k").hops) == 2000  # the most that is told


# ------------------------------------------------------------------------------------------------------- the property
leaves = st.integers(0, 10**6)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a value, outer before inner."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in pairs for place in places(child, (*path, key)))]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def is_leaf(value: Any, path: tuple[Any, ...]) -> bool:
    return not isinstance(at(value, path), (dict, list))


@st.composite
def expressions(draw: st.DrawFn, data: Any, given: Any, variables: dict[str, Any], depth: int = 0) -> str:
    """The text after a ``.$`` key: a path into the data, a variable or the Context object, or an intrinsic call."""
    kind = draw(st.sampled_from(["path"] * 5 + ["wild", "variable", "context", "format", "array", "text"]))
    if kind == "variable" and variables:
        name = draw(st.sampled_from(sorted(variables)))
        return "$" + name + path_text(draw(st.sampled_from(places(variables[name]))))[1:]
    if kind == "context":
        return "$$.Execution.Input" + path_text(draw(st.sampled_from(places(given))))[1:]
    if kind == "wild" and isinstance(data, dict):
        rows = [
            k for k, v in data.items() if isinstance(v, list) and v and all(isinstance(r, dict) and "n" in r for r in v)
        ]
        if rows:
            return draw(st.sampled_from(["$.{}[*].n", "$.{}[-1:].n", "$.{}[0,-1].n", "$.{}..n"])).format(
                draw(st.sampled_from(rows))
            )
    if depth < 2 and kind in ("format", "array", "text"):
        inner = draw(st.lists(expressions(data, given, variables, depth + 1), min_size=1, max_size=2))
        if kind == "array":
            return f"States.Array({', '.join(inner)})"
        if kind == "text":
            return f"States.JsonToString({inner[0]})"
        return f"States.Format('{'/'.join('{}' for _ in inner)}', {', '.join(inner)})"
    return path_text(draw(st.sampled_from(places(data))))


def templates(data: Any, given: Any, variables: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    expression = expressions(data, given, variables)
    return st.fixed_dictionaries(
        {},
        optional={
            "a.$": expression,
            "b": st.fixed_dictionaries({"c.$": expression}, optional={"d": st.just("written")}),
            "xs": st.tuples(st.just("written"), st.fixed_dictionaries({"n.$": expression})).map(list),
            "n.$": expression,
        },
    )


def path_to(data: Any, wanted: Any = lambda value: True) -> st.SearchStrategy[str]:
    return st.sampled_from([path_text(p) for p in places(data) if wanted(at(data, p))])


@st.composite
def states(draw: st.DrawFn, data: Any, given: Any, variables: dict[str, Any], index: int) -> dict[str, Any]:
    """One state that works on this data."""
    kind = draw(st.sampled_from(["Pass", "Pass", "Pass", "Parallel", "Map"]))
    state: dict[str, Any] = {"Type": kind}
    if draw(st.booleans()) and kind != "Map":
        state["InputPath"] = draw(path_to(data))
    effective = at(data, _steps(state.get("InputPath", "$")))
    if kind == "Pass" and draw(st.booleans()):
        state["Parameters"] = draw(templates(effective, given, variables))
    if kind == "Parallel":
        inner = [
            {"Type": "Pass", "Parameters": draw(templates(effective, given, variables)), "End": True} for _ in "ab"
        ]
        names = [f"A{index}", f"B{index}"]
        state["Branches"] = [{"StartAt": n, "States": {n: one}} for n, one in zip(names, inner, strict=True)]
    if kind == "Map":
        lists = [p for p in places(data) if isinstance(at(data, p), (list, dict)) and at(data, p)]
        if not lists:
            return {"Type": "Pass"}
        state["ItemsPath"] = path_text(draw(st.sampled_from(lists)))
        state["ItemProcessor"] = {"StartAt": f"I{index}", "States": {f"I{index}": {"Type": "Pass", "End": True}}}
        if draw(st.booleans()):
            state["ItemSelector"] = {**draw(templates(data, given, variables)), "item.$": "$$.Map.Item.Value"}
    if draw(st.booleans()):
        spots = [p for p in places(data) if p and isinstance(at(data, p[:-1]), dict)]
        state["ResultPath"] = draw(
            st.sampled_from(
                [
                    "$",
                    None,
                    *map(path_text, spots),
                    *(["$.new.deep"] if isinstance(data, dict) and "new" not in data else []),
                ]
            )
        )
    if draw(st.booleans()):
        state["Assign"] = {"v.$": "$", "w": 1}
    return state


def _steps(path: str) -> tuple[Any, ...]:
    return reference_path(path)


inputs = st.fixed_dictionaries(
    {"a": leaves, "xs": st.lists(st.fixed_dictionaries({"n": leaves, "m": leaves}), min_size=1, max_size=3)},
    optional={"o": st.fixed_dictionaries({"n": leaves, "odd key": leaves})},
)


@given(data=st.data(), given_input=inputs)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_changing_what_lineage_names_changes_the_value_and_changing_anything_else_does_not(
    data: st.DataObject, given_input: Any
) -> None:
    chain: list[dict[str, Any]] = []
    done = run({"Type": "Pass"}, input=given_input)
    for index in range(data.draw(st.integers(1, 4))):
        now = done.output if chain else given_input
        last = [visit for visit in done.visits if not visit.frame][-1]
        known = last.variables | last.assigned if chain else {}
        chain.append(data.draw(states(now, given_input, known, index)))
        done = run(*chain, input=given_input)
    machine = done.machine
    target = data.draw(st.sampled_from([p for p in places(done.output) if is_leaf(done.output, p)] or [()]))
    named = [(o.place, o.without) for o in done.lineage(None, path_text(target)).origins if o.visit is None]
    unused = [_steps(path) for path in done.unused(None, stage="input")]
    for leaf in places(given_input):
        if not is_leaf(given_input, leaf):
            continue
        other = machine.run(put(given_input, leaf, -1 - at(given_input, leaf)))
        assert other.status == "SUCCEEDED"
        expected = any(
            leaf[: len(one)] == one and not any(leaf[: len(x)] == x for x in without) for one, without in named
        )
        assert (at(other.output, target) != at(done.output, target)) == expected, (leaf, target, named)
        nobody = any(leaf[: len(one)] == one for one in unused)
        assert (other.output == done.output) == nobody, (leaf, unused)


def test_a_step_alone_shows_no_controls_either() -> None:
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}
    run = StateMachine({"StartAt": "A", "States": states}, name="m").run({"\x1b[2J": 1})
    lines = [str(step) for step in run.lineage("B", "$['\x1b[2J']").hops]
    assert lines
    assert not any("\x1b" in line for line in lines)
    old, new = (
        SeenMachine({"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}).definition.machine
        for name in ("A", "\x1b[2J")
    )
    changed = definition_diff(old, new)
    assert changed
    assert not any("\x1b" in str(change) for change in changed)
