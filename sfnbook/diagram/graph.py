"""The picture's content: a definition as nodes and edges, with the words on them.

Owns which boxes and arrows a definition has and what is written there. A node's id is the state's address, so that the
picture, the events and the text meet in one key. Knows neither positions nor colours nor runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sfnbook.diagram.glyphs import glyph_of
from sfnbook.language.definition import Address, Definition, Machine, State
from sfnbook.language.resource import function_name, parse_resource
from sfnbook.values import Json, to_text

START: Final = "<start>"
END: Final = "<end>"

NodeKind: TypeAlias = Literal["start", "end", "state", "container"]
EdgeKind: TypeAlias = Literal["next", "choice", "default", "catch"]
_Words: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Node:
    """A box. ``parent`` and ``lane`` say which container and which of its branches hold it.

    ``detail``: the second line, without the sign that ``glyph`` draws (a name in `sfnbook.diagram.glyphs`, "" for none).
    """

    id: Address
    kind: NodeKind
    type: str
    name: str
    detail: str
    parent: Address | None = None
    lane: int = 0
    glyph: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow. ``label`` is in short words, ``title`` says all of it."""

    id: str
    source: Address
    target: Address
    kind: EdgeKind
    label: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, outer before inner and in the order of the text, and the edges between those of one machine.

    ``lanes``: how many branches each container has. ``starts``: the first state of each machine, by container and lane.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    lanes: Mapping[Address, int]
    starts: frozenset[Address]


def edge_id(source: Address, target: Address, *, caught: bool = False) -> str:
    """Return the id of the edge from one state to another; a Catch has an edge of its own.

    >>> edge_id("/States/A", "/States/B", caught=True)
    '/States/A !> /States/B'
    """
    return f"{source} {'!>' if caught else '->'} {target}"


def graph(definition: Definition) -> Graph:
    """Return the graph of a definition, with Start and, where some state reaches it, End."""
    machine = definition.machine
    nodes, edges = [Node(START, "start", "", "Start", "")], list[Edge]()
    lanes: dict[Address, int] = {}
    starts: set[Address] = set()
    _add(machine, None, 0, nodes=nodes, edges=edges, lanes=lanes, starts=starts)
    if machine.start_at in machine.states:
        first = machine.states[machine.start_at].address
        edges.insert(0, Edge(edge_id(START, first), START, first, "next"))
    ends = [state.address for state in machine.states.values() if _ends(state)]
    edges += [Edge(edge_id(address, END), address, END, "next") for address in ends]
    if ends:
        nodes.append(Node(END, "end", "", "End", ""))
    return Graph(tuple(nodes), tuple(edges), lanes, frozenset(starts))


def _add(
    machine: Machine,
    parent: Address | None,
    lane: int,
    *,
    nodes: list[Node],
    edges: list[Edge],
    lanes: dict[Address, int],
    starts: set[Address],
) -> None:
    if machine.start_at in machine.states:
        starts.add(machine.states[machine.start_at].address)
    for state in machine.states.values():
        kind: NodeKind = "container" if any(branch.states for branch in state.branches) else "state"
        glyph = glyph_of(state)
        words = _unsigned(detail(state)) if glyph else detail(state)
        nodes.append(Node(state.address, kind, state.type, state.name, words, parent, lane, glyph))
        edges += _edges(state, machine)
        if kind == "container":
            lanes[state.address] = len(state.branches)
            for index, branch in enumerate(state.branches):
                _add(branch, state.address, index, nodes=nodes, edges=edges, lanes=lanes, starts=starts)


def _unsigned(words: str) -> str:
    """Return a second line without its leading sign: a glyph says the same.

    >>> _unsigned("λ charge"), _unsigned("◷")
    ('charge', 'Wait')
    """
    return "Wait" if words == "◷" else words.removeprefix("λ ").removeprefix("◇ ").removeprefix("◷ ")


def _ends(state: State) -> bool:
    return state.type == "Succeed" or state.get("End") is True


def _edges(state: State, machine: Machine) -> Iterator[Edge]:
    """Yield a state's edges: at most one per target, and one more per target that its Catch leads to."""
    merged: dict[tuple[Address, bool], tuple[EdgeKind, list[_Words]]] = {}
    for name, kind, words in _targets(state):
        if isinstance(name, str) and name in machine.states:
            key = (machine.states[name].address, kind == "catch")
            merged.setdefault(key, (kind, []))[1].append(words)
    for (target, caught), (kind, texts) in merged.items():
        title = " or ".join(full for full, _ in texts if full)
        label = _several([short for _, short in texts])
        yield Edge(edge_id(state.address, target, caught=caught), state.address, target, kind, label, title)


_LONG_PATH: Final = re.compile(r"\$[\w$.\[\]-]*\.(?=[\w-]+(?:\[\d+\])?\.[\w-])")


def _shorter(text: str) -> str:
    """Return a condition with each path cut to its last two steps.

    >>> _shorter('$.Cluster.Details.Db.Status = "on"')
    '…Db.Status = "on"'
    """
    return _LONG_PATH.sub("…", text) if len(text) > 24 else text


def _several(texts: list[str]) -> str:
    joined = " or ".join(texts)
    return joined if len(joined) <= 40 or len(texts) == 1 else f"{texts[0]} or {len(texts) - 1} more"


def _targets(state: State) -> Iterator[tuple[Json, EdgeKind, _Words]]:
    """Yield the names that a state leads to, each with the words on its edge, in full and short."""
    if state.type == "Choice":
        rules = _objects(state.get("Choices"))
        for number, rule in enumerate(rules, 1):
            place = f"{number}. " if len(rules) > 1 else ""  # the first rule that matches decides
            yield rule.get("Next"), "choice", (place + condition(rule), place + _short(rule))
        yield state.get("Default"), "default", ("default", "default")
    else:
        yield state.next, "next", ("", "")
    for catcher in _objects(state.get("Catch")):
        errors = catcher.get("ErrorEquals")
        names = [str(error) for error in errors] if isinstance(errors, list) else []
        yield catcher.get("Next"), "catch", (", ".join(names), _several(names) if names else "")


def _short(rule: Mapping[str, Json]) -> str:
    """Return a rule in few words: of a long And or Or the first part and how many more."""
    for word, joint in (("And", "and"), ("Or", "or")):
        parts = _objects(rule.get(word))
        if len(parts) > 1 and len(condition(rule)) > 56:
            return f"{_shorter(condition(parts[0]))} {joint} {len(parts) - 1} more"
    return _shorter(condition(rule))


def _objects(value: Json) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


# -- conditions in words ----------------------------------------------------------------------------------------------

_SIGNS: Final = {
    "Equals": "=",
    "LessThan": "<",
    "LessThanEquals": "≤",
    "GreaterThan": ">",
    "GreaterThanEquals": "≥",
    "Matches": "matches",
}
_OPPOSITES: Final = {
    "Equals": "≠",
    "LessThan": "≥",
    "LessThanEquals": ">",
    "GreaterThan": "≤",
    "GreaterThanEquals": "<",
    "Matches": "does not match",
}
_KINDS: Final = {
    "IsPresent": "present",
    "IsNull": "null",
    "IsString": "a string",
    "IsNumeric": "a number",
    "IsBoolean": "a boolean",
    "IsTimestamp": "a timestamp",
}


def condition(rule: Mapping[str, Json]) -> str:
    """Return a choice rule in short words.

    >>> condition({"Variable": "$.n", "NumericLessThan": 10})
    '$.n < 10'
    >>> condition({"Not": {"Variable": "$.x", "IsPresent": True}})
    '$.x is not present'
    """
    if "Condition" in rule:
        return _expression(rule["Condition"])
    for word, joint in (("And", " and "), ("Or", " or ")):
        if word in rule:
            return joint.join(_inner(part) for part in _objects(rule[word]))
    if "Not" in rule:
        return _negated(rule["Not"])
    return _comparison(rule, negated=False)


def _inner(rule: Json) -> str:
    if not isinstance(rule, dict):
        return "?"
    words = condition(rule)
    return f"({words})" if "And" in rule or "Or" in rule else words


def _negated(rule: Json) -> str:
    if isinstance(rule, dict) and "Variable" in rule:
        return _comparison(rule, negated=True)
    return f"not {_inner(rule)}"


def _comparison(rule: Mapping[str, Json], *, negated: bool) -> str:
    variable = str(rule.get("Variable", "?"))
    for field, value in rule.items():
        if field in _KINDS:
            return f"{variable} is {'' if (value is True) != negated else 'not '}{_KINDS[field]}"
        name = field.removesuffix("Path")
        for kind in ("String", "Numeric", "Boolean", "Timestamp"):
            if name.startswith(kind) and name.removeprefix(kind) in _SIGNS:
                shown = str(value) if name != field or kind == "Timestamp" else to_text(value)
                return f"{variable} {_sign(name.removeprefix(kind), shown, negated=negated)} {shown}"
    return variable


def _sign(name: str, shown: str, *, negated: bool) -> str:
    """Return the comparison's sign; a pattern without a wildcard compares for equality."""
    if name == "Matches" and "*" not in shown:
        name = "Equals"
    return _OPPOSITES[name] if negated else _SIGNS[name]


def _expression(value: Json) -> str:
    """Return a value as written, a JSONata expression without its ``{% %}`` and on one line."""
    text = value if isinstance(value, str) else to_text(value)
    if text.startswith("{%") and text.endswith("%}"):
        text = text[2:-2]
    return " ".join(text.split())


# -- the second line --------------------------------------------------------------------------------------------------


def detail(state: State) -> str:
    """Return a state's quiet second line: what it calls, how long it waits, what it goes through."""
    match state.type:
        case "Task":
            return called(state)
        case "Wait":
            return _waits(state)
        case "Choice":
            return f"◇ {_count(len(_objects(state.get('Choices'))), 'rule')}"
        case "Fail":
            error = state.get("Error", state.get("ErrorPath"))
            return f"Fail · {_expression(error)}" if error is not None else "Fail"
        case "Parallel":
            return _count(len(state.branches), "branch")
        case "Map":
            return _goes_through(state)
        case other:
            return other


def _count(number: int, word: str) -> str:
    plural = f"{word}es" if word.endswith("ch") else f"{word}s"
    return f"{number} {word if number == 1 else plural}"


def called(state: State) -> str:
    """Return what a Task calls, in short: ``λ name``, ``service:action`` or ``activity name``."""
    resource = parse_resource(str(state.get("Resource", "")))
    match resource.kind:
        case "lambda":
            known = resource.function and not resource.function.startswith("arn:")
            rest = ":".join(resource.text.split(":")[5:]).removeprefix("aws-sdk:")
            return f"λ {resource.function}" if known else rest
        case "activity":
            return f"activity {resource.function}"
    operation = f"{resource.type.removeprefix('aws-sdk:')}:{resource.operation}"
    if resource.is_lambda_invoke and (function := _invoked(state)):
        operation = f"λ {function}"
    waits = {"": "", "waitForTaskToken": " · callback"}.get(resource.pattern, " · sync")
    return operation + waits


def _invoked(state: State) -> str:
    """Return the name of the function that a ``lambda:invoke`` names, "" where an expression chooses it."""
    arguments = state.get("Arguments", state.get("Parameters"))
    name = arguments.get("FunctionName") if isinstance(arguments, dict) else None
    return function_name(name) if isinstance(name, str) and not name.startswith("{%") else ""


_WAITS: Final = (
    ("Seconds", "", " s"),
    ("SecondsPath", "", " s"),
    ("Timestamp", "until ", ""),
    ("TimestampPath", "until ", ""),
)


def _waits(state: State) -> str:
    for field, before, after in _WAITS:
        if (value := state.get(field)) is not None:
            return f"◷ {before}{_expression(value)}{after}"
    return "◷"


def _goes_through(state: State) -> str:
    processor = state.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    distributed = isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
    items = state.get("Items", state.get("ItemsPath"))
    reader = state.get("ItemReader")
    if items is None and isinstance(reader, dict):
        items = _reader(reader)
    word = "Distributed map" if distributed else "Map"
    return f"{word} · {_expression(items)}" if items is not None else word


def _reader(reader: Mapping[str, Json]) -> str:
    config = reader.get("ReaderConfig")
    kind = config.get("InputType") if isinstance(config, dict) else None
    return f"{kind} from S3" if isinstance(kind, str) else "objects in S3"
