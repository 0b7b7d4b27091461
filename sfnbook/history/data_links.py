"""What a visit's data was made of: for each place in its stages, the places that its value came from.

Reads the state's fields again with the values that were recorded. Exact for JSONPath: a path that finds many values
gives a link for each. A function is a wall, and so is a JSONata expression that is no plain path; what such an
expression may have read is said all the same. Follows nothing from link to link: that is `lineage`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sfnbook.engine.failures import matches
from sfnbook.engine.program import CompiledState, Program
from sfnbook.errors import StatesError
from sfnbook.history.visit_tree import VisitTree
from sfnbook.history.visits import CAUGHT, SUCCEEDED, Visit, kept
from sfnbook.language.resource import parse_resource
from sfnbook.query.jsonata.language import expressions, is_expression, source
from sfnbook.query.jsonpath import intrinsics
from sfnbook.query.jsonpath.choice_rules import rule_text
from sfnbook.query.jsonpath.paths import compile_path, reference_path
from sfnbook.query.jsonpath.value_paths import Place, locate, value_at
from sfnbook.query.scope import ABSENT, ExpressionError, Scope
from sfnbook.values import Json

RUN: Final = 0
"""Stands for the execution in place of a visit's id: its stages are ``input`` and ``output``."""

How: TypeAlias = Literal["copy", "made", "opaque", "constant", "gathered", "chosen", "task", "error", "outside", "read"]
"""copy: the value itself, parts and all. made: computed from exactly these. opaque: a JSONata expression that may have
read these. constant: written in the definition. gathered: a list whose items have links of their own. chosen: these
decided that the value is there. task, error: a function or service gave it, or its failure. outside: the Context
object. read: nothing comes out, but the state did something else because of it."""


class Spot(NamedTuple):
    """A place in a run's data: visit (`RUN` for the execution), stage, and keys and indexes from the stage's root."""

    visit: int
    stage: str
    path: Place


class Link(NamedTuple):
    """``to`` came from ``sources``; ``by`` says in short what did it."""

    to: Spot
    sources: tuple[Spot, ...]
    how: How
    by: str = ""


def links(program: Program, tree: VisitTree, visit: Visit, scope: Scope) -> list[Link]:
    """Return the links of a visit, those of its input included. Where a field failed, they end there."""
    state = program.by_address.get(visit.address)
    if state is None:
        return [*_entry(program, tree, visit, scope), Link(Spot(visit.id, "output", ()), (), "outside", visit.name)]
    reader = _Reader(state, tree, visit, scope)
    with suppress(StatesError, LookupError, ExpressionError):  # the state failed there: what follows was never made
        reader.flow()
    entry = _entry(program, tree, visit, scope)
    return [*_surroundings(program, tree, visit, [*entry, *reader.found]), *entry, *reader.found]


def items_stage(state: CompiledState) -> str:
    """Return the name of the stage that holds a Map's items; AWS has none for JSONata."""
    return "items" if state.jsonata else "afterItemsPath"


def effective_stage(state: CompiledState) -> str:
    """Return the name of the stage that a state's work gets."""
    return state.flow.steps_before[-1].name if state.flow.steps_before else "input"


# ------------------------------------------------------------------------------------------- where an input comes from
def _entry(program: Program, tree: VisitTree, visit: Visit, scope: Scope) -> list[Link]:
    here = Spot(visit.id, "input", ())
    before = tree.previous(visit)
    if before is not None:
        return [Link(here, (Spot(before.id, "output", ()),), "copy")]
    if not visit.frame:
        return [Link(here, (Spot(RUN, "input", ()),), "copy")]
    holder = tree.holder(visit.frame)
    state = program.by_address.get(holder.address) if holder is not None else None
    if holder is None or state is None:
        return [Link(here, (), "outside", visit.where)]
    effective = Spot(holder.id, effective_stage(state), ())
    if state.type == "Parallel":
        return [Link(here, (effective,), "copy")]
    name = next((field for field in ("ItemSelector", "Parameters") if field in state.source.fields), None)
    if name is None:
        return [Link(here, (Spot(holder.id, items_stage(state), (visit.frame[-1][1],)),), "copy")]
    reader = _Reader(state, tree, visit, scope)
    try:
        data = _before(state, holder, scope)[-1]
        reader.start = effective, data
        reader.template(state.source.fields[name], here, effective, data, name)
    except (StatesError, LookupError, ExpressionError):
        return []
    return reader.found


def _before(state: CompiledState, visit: Visit, scope: Scope) -> list[Json]:
    """The values from a state's input to what its work gets."""
    values = [kept(visit, "input")]
    for step in state.flow.steps_before:
        values.append(step.apply(values[-1], kept(visit, "input"), scope))
    return values


def _surroundings(program: Program, tree: VisitTree, visit: Visit, found: list[Link]) -> Iterator[Link]:
    """Where variables and the Context object's parts came from, as far as this visit's links name them."""
    used = {spot for link in found for spot in link.sources if spot.visit == visit.id}
    names = dict.fromkeys(str(spot.path[0]) for spot in used if spot.stage == "variables" and spot.path)
    for name in names:
        giver = next(tree.assigners(visit, name), None)
        sources = (Spot(giver.id, "assigned", (name,)),) if giver is not None else ()
        yield Link(Spot(visit.id, "variables", (name,)), sources, "copy" if sources else "outside", "")
    if not any(spot.stage == "context" for spot in used):
        return
    yield Link(Spot(visit.id, "context", ()), (), "outside", "the Context object")
    yield Link(Spot(visit.id, "context", ("Execution", "Input")), (Spot(RUN, "input", ()),), "copy")
    iteration = tree.iteration(visit.frame)
    if iteration is not None:
        holder, index = iteration
        state = program.by_address.get(holder.address)
        if state is not None:
            items = Spot(holder.id, items_stage(state), (index,))
            for key in ("Key", "Value") if kept(visit, "item") is not None and "Key" in kept(visit, "item") else ("",):
                yield Link(
                    Spot(visit.id, "context", ("Map", "Item", key or "Value")),
                    (items._replace(path=(index, key)) if key else items,),
                    "copy",
                )


# --------------------------------------------------------------------------------------------------- inside one visit
_PLAIN: Final = re.compile(r"\$([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)", re.ASCII)
_READS: Final[Mapping[str, tuple[str, ...]]] = {
    "Task": ("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath", "Credentials"),
    "Wait": ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    "Fail": ("Error", "ErrorPath", "Cause", "CausePath"),
    "Map": (
        *("MaxConcurrency", "MaxConcurrencyPath", "ToleratedFailureCount", "ToleratedFailureCountPath"),
        *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "ItemReader", "ItemBatcher", "ResultWriter"),
    ),
}
"""Fields whose value goes nowhere in the data, by type."""


class _Reader:
    """Goes through one state's fields in their order and collects links."""

    def __init__(self, state: CompiledState, tree: VisitTree, visit: Visit, scope: Scope) -> None:
        self.state = state
        self.tree = tree
        self.visit = visit
        self.scope = scope
        self.start: tuple[Spot, Json] = self.spot("input"), kept(visit, "input")
        self.found: list[Link] = []
        self.roots: dict[str, Json] = {"context": scope.context}

    def spot(self, stage: str, *path: str | int) -> Spot:
        return Spot(self.visit.id, stage, path)

    def add(self, to: Spot, sources: tuple[Spot, ...], how: How, by: str = "") -> None:
        self.found.append(Link(to, sources, how, by))

    # -- the flow -----------------------------------------------------------------------------------------------------

    def flow(self) -> None:
        """Collect the links from the input to the output."""
        state, visit = self.state, self.visit
        if kept(visit, "input") is ABSENT:
            return
        here, value = self.spot("input"), kept(visit, "input")
        for step in state.flow.steps_before:
            to = self.spot(step.name)
            if step.field == "InputPath":
                self.input_path(step.expression, to, here, value)
            else:
                self.template(step.expression, to, here, value, step.field)
            value = step.apply(value, kept(visit, "input"), self.scope)
            here = to
        result, data = self.work(here, value)
        if visit.status == CAUGHT:
            self.catch()
        elif visit.status == SUCCEEDED:
            self.after(result, data)
            self.end()

    def end(self) -> None:
        """The last visit of the top line makes the execution's output."""
        source = self.state.source
        last = source.type == "Succeed" or source.fields.get("End") is True
        if not self.visit.frame and last:
            self.add(Spot(RUN, "output", ()), (self.spot("output"),), "copy")

    def input_path(self, text: Json, to: Spot, here: Spot, value: Json) -> None:
        if text is None:
            self.add(to, (), "constant", "InputPath null")
        else:
            self.path(text, to, here, value, "InputPath")

    def work(self, here: Spot, value: Json) -> tuple[Spot, Json]:
        """Collect what the middle of the state reads and makes; return where its result stands, and the result."""
        state, visit = self.state, self.visit
        fields = state.source.fields
        for name in _READS.get(state.type, ()):
            if name in fields:
                self.read_field(
                    name, fields[name], here if state.type in ("Fail", "Wait") else self.spot("input"), value
                )
        to = self.spot("result")
        match state.type:
            case "Task":
                label = parse_resource(fields["Resource"]).label
                self.add(to, (here,), "task", label)
                return to, kept(visit.attempt, "output") if visit.attempt is not None else ABSENT
            case "Pass" if "Result" in fields and not state.jsonata:
                self.add(to, (), "constant", "Result")
                return to, fields["Result"]
            case "Parallel":
                return to, self.join(to)
            case "Map":
                self.items(here, value)
                return to, self.join(to)
            case "Choice":
                self.choice(here, value)
        return here, value

    def join(self, to: Spot) -> Json:
        results = self.tree.results(self.visit)
        if not results and self.state.type == "Map" and kept(self.visit, "output") not in ([], ABSENT):
            self.add(to, (self.spot(items_stage(self.state)),), "task", "the Map run")
            return ABSENT
        self.add(to, (), "gathered", "branches" if self.state.type == "Parallel" else "iterations")
        for index, last in results.items():
            self.add(to._replace(path=(index,)), (Spot(last.id, "output", ()),), "copy")
        return [last.output for last in results.values()]

    def items(self, here: Spot, value: Json) -> None:
        state = self.state
        to = self.spot(items_stage(state))
        fields = state.source.fields
        if "ItemReader" in fields:
            self.add(to, (), "task", "ItemReader")
            return
        if state.jsonata:
            self.jsonata_items(fields.get("Items", ABSENT), to, here, value)
        else:
            text = fields.get("ItemsPath", "$")
            items = compile_path(text).read(value, self.scope)
            if isinstance(items, dict):
                where = self.one_place(text, here, value)
                self.pairs(to, where, items)
            else:
                self.path(text, to, here, value, "ItemsPath")

    def jsonata_items(self, node: Json, to: Spot, here: Spot, value: Json) -> None:
        if node is ABSENT:
            plain = (here, value)
        else:
            found = self.plain(source(node)) if is_expression(node) else None
            if found is None:
                self.template(node, to, here, value, "Items")
                return
            plain = found
        if isinstance(plain[1], dict):
            self.pairs(to, plain[0], plain[1])
        else:
            self.add(to, (plain[0],), "copy", "Items")

    def pairs(self, to: Spot, where: Spot, items: dict[str, Json]) -> None:
        self.add(to, (), "gathered", "an object's pairs")
        for index, key in enumerate(items):
            self.add(to._replace(path=(index, "Key")), (), "constant", "the key")
            self.add(to._replace(path=(index, "Value")), (_below(where, (key,)),), "copy")

    def one_place(self, text: str, here: Spot, value: Json) -> Spot:
        spot, _ = self.root(compile_path(text).root, here, value)
        located = locate(compile_path(text), self.root(compile_path(text).root, here, value)[1])
        return _below(spot, located.places[0]) if located.places else spot

    def after(self, result: Spot, data: Json) -> None:
        """Collect the links from the result to the output and the variables."""
        state, fields = self.state, self.state.source.fields
        self.roots["result"], self.roots["resultAt"] = data, result
        rule = self.matched_rule()
        if state.jsonata:
            self.jsonata_after(rule if rule is not None else fields, result, "Choices" if rule is not None else "")
            return
        here, value = result, data
        for step in state.flow.steps_after:
            to = self.spot(step.name)
            match step.field:
                case "ResultSelector":
                    self.template(step.expression, to, here, value, step.field)
                case "ResultPath":
                    self.assign(fields if rule is None or "Assign" not in rule else rule, here, value)
                    self.result_path(step.expression, to, here)
                case "OutputPath" if step.expression is None:
                    self.add(to, (), "constant", "OutputPath null")
                case "OutputPath":
                    self.path(step.expression, to, here, value, "OutputPath")
            if value is not ABSENT or step.field == "ResultPath":
                value = step.apply(value, kept(self.visit, "input"), self.scope) if value is not ABSENT else ABSENT
            here = to
        if "ResultPath" not in {step.field for step in state.flow.steps_after}:
            before = [step for step in state.flow.steps_after if step.field == "ResultSelector"]
            at, seen = (self.spot("afterResultSelector"), self.selected(data)) if before else (result, data)
            self.assign(fields if rule is None or "Assign" not in rule else rule, at, seen)
        if here.stage != "output":
            self.add(self.spot("output"), (here,), "copy")

    def selected(self, data: Json) -> Json:
        step = self.state.flow.steps_after[0]
        return step.apply(data, kept(self.visit, "input"), self.scope) if data is not ABSENT else ABSENT

    def assign(self, fields: Mapping[str, Json], here: Spot, value: Json) -> None:
        if "Assign" in fields:
            self.template(fields["Assign"], self.spot("assigned"), here, value, "Assign")

    def jsonata_after(self, fields: Mapping[str, Json], result: Spot, where: str) -> None:
        if "Assign" in fields:
            self.template(
                fields["Assign"], self.spot("assigned"), self.spot("input"), kept(self.visit, "input"), "Assign"
            )
        to = self.spot("output")
        if "Output" in fields:
            self.template(fields["Output"], to, self.spot("input"), kept(self.visit, "input"), "Output")
        else:
            keeps = self.state.type in ("Task", "Parallel", "Map")
            self.add(to, (result if keeps else self.spot("input"),), "copy")

    def result_path(self, text: Json, to: Spot, result: Spot) -> None:
        if text is None:
            self.add(to, (self.spot("input"),), "copy", "ResultPath null")
            return
        place = reference_path(text) if isinstance(text, str) else ()
        self.put(to, place, result, f"ResultPath {text}")

    def put(self, to: Spot, place: Place, result: Spot, by: str) -> None:
        """The input with the result at a place in it."""
        if not place:
            self.add(to, (result,), "copy", by)
            return
        self.add(to, (self.spot("input"),), "copy")
        value, real = kept(self.visit, "input"), list(place)
        for depth, step in enumerate(place):
            if isinstance(step, int) and isinstance(value, list) and -len(value) <= step < 0:
                real[depth] = step + len(value)
            try:
                value = value_at(value, (real[depth],))
            except LookupError:
                value = ABSENT
            if value is ABSENT and depth + 1 < len(place):
                self.add(to._replace(path=tuple(real[: depth + 1])), (), "constant", by)
        self.add(to._replace(path=tuple(real)), (result,), "copy", by)

    def catch(self) -> None:
        """A Catcher took the error: the output is the input with the error output in it."""
        state, visit = self.state, self.visit
        error = self.spot("errorOutput")
        self.add(error, (), "error", visit.error or "")
        self.roots["errorOutput"], self.roots["errorAt"] = (
            {"Error": visit.error or "", "Cause": visit.cause or ""},
            error,
        )
        entries = list(zip(state.catchers, state.source.get("Catch") or (), strict=True))
        taken = [entry for catcher, entry in entries if matches(catcher.errors, visit.error, state)]
        entry = taken[0] if taken else next((e for c, e in entries if c.next == visit.next), None)
        if entry is None:
            return
        to = self.spot("output")
        if not state.jsonata:
            text = entry.get("ResultPath", "$")
            self.assign(entry, error, self.roots["errorOutput"])
            if text is None:
                self.add(to, (self.spot("input"),), "copy", "ResultPath null")
            else:
                self.put(to, reference_path(text), error, f"ResultPath {text}")
            return
        self.assign(entry, self.spot("input"), kept(visit, "input"))
        if "Output" in entry:
            self.template(entry["Output"], to, self.spot("input"), kept(visit, "input"), "Output")
        else:
            self.add(to, (error,), "copy")

    # -- Choice -------------------------------------------------------------------------------------------------------

    def matched_rule(self) -> Mapping[str, Json] | None:
        return self._matched if self.state.type == "Choice" else None

    _matched: Mapping[str, Json] | None = None

    def choice(self, here: Spot, value: Json) -> None:
        """The rules that were looked at read the data; the first that holds decides."""
        language = _language(self.state)
        for index, rule in enumerate(self.state.source.fields.get("Choices", ())):
            to = self.spot("decision")
            if self.state.jsonata:
                text = rule.get("Condition")
                self.add(
                    to, tuple(self.mentioned(source(text))) if is_expression(text) else (), "read", f"rule {index + 1}"
                )
            else:
                for text in _rule_paths(rule):
                    self.read(text, to, here, value, f"rule {index + 1}: {rule_text(rule)}")
            if language.condition(rule, f"Choices[{index}]")(value, self.scope):
                self._matched = rule
                return

    # -- fields that are only read ------------------------------------------------------------------------------------

    def read_field(self, name: str, node: Json, here: Spot, value: Json) -> None:
        to = self.spot("read")
        if self.state.jsonata:
            for text, _ in expressions(node):
                self.add(to, tuple(self.mentioned(text)), "read", name)
        elif name.endswith("Path") and isinstance(node, str):
            if intrinsics.is_call(node):
                for text in intrinsics.path_texts(intrinsics.parse(node)):
                    self.read(text, to, here, value, name)
            else:
                self.read(node, to, here, value, name)
        else:
            for text in _dynamic(node):
                self.read(text, to, here, value, name)

    def read(self, text: str, to: Spot, here: Spot, value: Json, by: str) -> None:
        path = compile_path(text)
        root, document = self.root(path.root, here, value)
        located = locate(path, document)
        places = [*(located.places or ()), *located.read]
        self.add(to, tuple(_below(root, place) for place in places), "read", by)

    # -- expressions --------------------------------------------------------------------------------------------------

    def template(self, node: Json, to: Spot, here: Spot, value: Json, field: str) -> None:
        """A payload template: what is written in it, and over that what its expressions took."""
        if self.state.jsonata and is_expression(node):
            self.jsonata(source(node), to, field)
            return
        self.add(to, (), "constant", field)
        if self.state.jsonata:
            self.jsonata_template(node, to, field)
        else:
            self.jsonpath_template(node, to, here, value, field)

    def jsonpath_template(self, node: Json, to: Spot, here: Spot, value: Json, field: str) -> None:
        if isinstance(node, dict):
            for key, child in node.items():
                if key.endswith(".$"):
                    self.dynamic(str(child), _below(to, (key[:-2],)), here, value, field)
                else:
                    self.jsonpath_template(child, _below(to, (key,)), here, value, field)
        elif isinstance(node, list):
            for index, child in enumerate(node):
                self.jsonpath_template(child, _below(to, (index,)), here, value, field)

    def dynamic(self, text: str, to: Spot, here: Spot, value: Json, field: str) -> None:
        if intrinsics.is_call(text):
            self.call(intrinsics.parse(text), to, here, value, field)
        else:
            self.path(text, to, here, value, field)

    def call(self, call: intrinsics.Call, to: Spot, here: Spot, value: Json, field: str) -> None:
        """An intrinsic function: made of its arguments; an array it only lines up keeps them apart."""
        if call.name == "Array":
            self.add(to, (), "gathered", f"{field} {call.text}")
            for index, argument in enumerate(call.arguments):
                below = _below(to, (index,))
                match argument:
                    case intrinsics.PathArgument(text):
                        self.path(text, below, here, value, field)
                    case intrinsics.Call():
                        self.call(argument, below, here, value, field)
                    case _:
                        self.add(below, (), "constant", field)
            return
        sources: list[Spot] = []
        for text in intrinsics.path_texts(call):
            path = compile_path(text)
            root, document = self.root(path.root, here, value)
            located = locate(path, document)
            sources += [_below(root, place) for place in (*(located.places or ()), *located.read)]
        self.add(to, tuple(dict.fromkeys(sources)), "made", f"{field} {call.text}")

    def path(self, text: str, to: Spot, here: Spot, value: Json, field: str) -> None:
        """A JSONPath: what it finds is copied, one value or a list of them."""
        path = compile_path(text)
        root, document = self.root(path.root, here, value)
        located = locate(path, document)
        by = f"{field} {text}"
        read = tuple(_below(root, place) for place in located.read)
        if located.places is None or not located.places:
            self.add(to, read, "made", by)
        elif path.definite:
            self.add(to, (_below(root, located.places[-1]),), "copy", by)
        else:
            self.add(to, (), "gathered", by)
            for index, place in enumerate(located.places):
                self.add(_below(to, (index,)), (_below(root, place),), "copy", by)
        if located.places and located.filtered:
            self.add(to, read, "chosen", by)

    def root(self, name: str, here: Spot, value: Json) -> tuple[Spot, Json]:
        """Return where a path starts and the value there."""
        if name == "$":
            return here, value
        if name == "$$":
            return self.spot("context"), self.roots["context"]
        return self.spot("variables", name), self.scope.variables.get(name, ABSENT)

    # -- JSONata ------------------------------------------------------------------------------------------------------

    def jsonata_template(self, node: Json, to: Spot, field: str) -> None:
        if is_expression(node):
            self.jsonata(source(node), to, field)
        elif isinstance(node, dict):
            for key, child in node.items():
                self.jsonata_template(child, _below(to, (key,)), field)
        elif isinstance(node, list):
            for index, child in enumerate(node):
                self.jsonata_template(child, _below(to, (index,)), field)

    def jsonata(self, text: str, to: Spot, field: str) -> None:
        found = self.plain(text)
        if found is not None:
            self.add(to, (found[0],), "copy", f"{field} {text}")
        else:
            self.add(to, tuple(self.mentioned(text)), "opaque", f"{field} {text}")

    def plain(self, text: str) -> tuple[Spot, Json] | None:
        """Return where an expression that only reads keys of objects leads, None for any other."""
        match = _PLAIN.fullmatch(text)
        if match is None:
            return None
        keys = match[2].split(".")[1:]
        if match[1] == "states":
            if not keys or keys[0] not in ("input", "result", "context", "errorOutput"):
                return None
            start = self.member(keys[0])
            keys = keys[1:]
        else:
            start = self.root(match[1], *self.start)
        if start is None or start[1] is ABSENT:
            return None
        spot, value = start
        for key in keys:
            if not isinstance(value, dict) or key not in value:
                return None
            value = value[key]
        return _below(spot, tuple(keys)), value

    def member(self, name: str) -> tuple[Spot, Json] | None:
        if name in ("result", "errorOutput"):
            at = self.roots.get("resultAt" if name == "result" else "errorAt")
            return (at, self.roots[name]) if at is not None else None
        return self.start if name == "input" else (self.spot(name), self.roots[name])

    def mentioned(self, text: str) -> Iterator[Spot]:
        """Yield what an expression may read, as jlens finds by looking at it; arrays count whole."""
        from sfnbook.query.jsonata.library import jlens

        try:
            reads = jlens.Expression(text).reads()
        except jlens.JlensError:
            reads = {"bindings": {"states": True}}
        for name, tree in (reads.get("bindings") or {}).items():
            if name != "states":
                if name in self.scope.variables:
                    yield from _covered(self.spot("variables", name), self.scope.variables[name], tree)
                continue
            members = ("input", "result", "context", "errorOutput") if tree is True else tree
            for member in members:
                start = self.member(member) if member in ("input", "result", "context", "errorOutput") else None
                if start is not None:
                    yield from _covered(*start, True if tree is True else tree[member])


def _covered(spot: Spot, value: Json, tree: Any) -> Iterator[Spot]:
    """Turn a tree of what is read below a value into places."""
    if not isinstance(tree, dict) or not isinstance(value, dict):
        yield spot
        return
    for key, below in tree.items():
        if key in value:
            yield from _covered(_below(spot, (key,)), value[key], below)


def _below(spot: Spot, path: Place) -> Spot:
    return Spot(spot.visit, spot.stage, spot.path + path)


def _language(state: CompiledState) -> Any:
    from sfnbook.engine.compile import LANGUAGES

    return LANGUAGES[state.source.query_language]


def _rule_paths(rule: Mapping[str, Json]) -> Iterator[str]:
    """Yield the paths that a choice rule reads."""
    for name, part in rule.items():
        if name == "Variable" or (name.endswith("Path") and isinstance(part, str)):
            yield part
        elif name in ("And", "Or"):
            for inner in part:
                yield from _rule_paths(inner)
        elif name == "Not":
            yield from _rule_paths(part)


def _dynamic(node: Json) -> Iterator[str]:
    """Yield the paths in a payload template."""
    if isinstance(node, dict):
        for key, child in node.items():
            if key.endswith(".$") and isinstance(child, str):
                yield from intrinsics.path_texts(intrinsics.parse(child)) if intrinsics.is_call(child) else (child,)
            elif key.endswith("Path") and isinstance(child, str) and child.startswith("$"):
                yield child
            else:
                yield from _dynamic(child)
    elif isinstance(node, list):
        for child in node:
            yield from _dynamic(child)
