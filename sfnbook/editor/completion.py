"""What may stand at a cursor: fields, states, words, resources, parameters, functions, paths and variables.

Reads the tables of `language.fields` and the functions of `query`; what somebody ran or bound is passed in.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sfnbook.editor.cursor import Candidate, Cursor, scalar_text
from sfnbook.editor.help_texts import JSONATA_BUILT_IN, STATE_TEXTS, field_text, intrinsic_signature
from sfnbook.language import fields as f
from sfnbook.language.outline import StateOutline
from sfnbook.language.parameters import FIELDS
from sfnbook.language.source import Span
from sfnbook.query.jsonata.functions import FUNCTIONS
from sfnbook.query.jsonpath.intrinsics import INTRINSICS
from sfnbook.tasks.aws.api.model import service_names
from sfnbook.values import Json

_NAMING: Final = frozenset({"Next", "Default", "StartAt"})
_TEMPLATES: Final = frozenset(
    {"Parameters", "Arguments", "ResultSelector", "ItemSelector", "Assign", "Output", "BatchInput"}
)
_MAX_PATHS: Final = 200
_VALUES: Final[Mapping[str, tuple[str, ...]]] = {**f.ENUMS, **f.READER_WORDS, **f.WRITER_WORDS}


def candidates(
    cursor: Cursor, resources: Mapping[str, str], inputs: Mapping[str, Json], results: Mapping[str, Json]
) -> Iterator[Candidate]:
    """Yield what may stand at a cursor, whatever is typed. The arguments are those of `services.Context`."""
    if cursor.key and not _in_list(cursor):
        yield from _keys(cursor)
    elif _in_list(cursor):
        known = sorted(f.ERROR_NAMES - {"States.ALL"})
        yield from (_value(cursor, one, "value", "error name") for one in ["States.ALL", *known])
    else:
        yield from _values(cursor, resources)
        yield from _expressions(cursor, inputs, results)


def _in_list(cursor: Cursor) -> bool:
    return "ErrorEquals" in cursor.path


# -- keys ------------------------------------------------------------------------------------------------------------


def _keys(cursor: Cursor) -> Iterator[Candidate]:
    present = {str(one.name) for one in cursor.holder.entries if one.key is None or one.key.span != cursor.span}
    for name, detail in _fields(cursor, present):
        if name not in present:
            text = scalar_text(cursor, name)
            text += "" if cursor.colon else ": "
            yield Candidate(name, "field", detail, field_text(name), cursor.span, text, cursor.typed)


def _fields(cursor: Cursor, present: set[str]) -> Iterator[tuple[str, str]]:
    inside = tuple(part for part in cursor.path if isinstance(part, str))
    holder = inside[:-1] if cursor.path and cursor.span.start != cursor.span.end else inside
    state = cursor.state
    if state is None:
        table = f.TOP_FIELDS
        if cursor.machine.address:
            table = f.BRANCH_FIELDS if "Branches" in cursor.machine.path[-2:] else f.PROCESSOR_FIELDS
        table = f.CONFIG_FIELDS if holder[:1] == ("ProcessorConfig",) else {} if holder else table
        yield from ((name, one.kind) for name, one in table.items())
    elif not holder:
        yield from _state_fields(state, present)
    elif holder[0] in ("Parameters", "Arguments") and state.type == "Task" and len(holder) == 1:
        yield from _parameters(state, holder[0])
    elif holder[0] == "Choices":
        yield from _rule_fields(state, present)
    else:
        yield from ((name, one.kind) for name, one in _PARTS.get(holder[-1], {}).items() if _fits(one, state))


_PARTS: Final[Mapping[str, Mapping[str, f.Field]]] = {
    "Retry": f.RETRIER_FIELDS,
    "Catch": f.CATCHER_FIELDS,
    "ItemReader": f.READER_FIELDS,
    "ReaderConfig": f.READER_CONFIG_FIELDS,
    "ItemBatcher": f.BATCHER_FIELDS,
    "ResultWriter": f.WRITER_FIELDS,
    "WriterConfig": f.WRITER_CONFIG_FIELDS,
    "ProcessorConfig": f.CONFIG_FIELDS,
    "Credentials": {"RoleArn": f.STRING},
}


def _fits(one: f.Field, state: StateOutline) -> bool:
    return one.only is None or one.only == state.query_language


def _state_fields(state: StateOutline, present: set[str]) -> Iterator[tuple[str, str]]:
    table = f.STATE_FIELDS.get(state.type)
    if table is None:
        yield "Type", "string"
        yield from (("Comment", "string"), ("Next", "string"), ("End", "boolean"))
        return
    needed = [*f.REQUIRED.get(state.type, ()), *(one for group in f.EITHER.get(state.type, ()) for one in group)]
    groups = [*f.EXCLUSIVE.get(state.type, ()), *f.EITHER.get(state.type, ()), ("Next", "End")]
    barred = {name for group in groups if present & set(group) for name in group}
    ordered = sorted(table, key=lambda name: name not in needed and name not in ("Next", "End"))
    for name in ordered:
        if name not in barred and _fits(table[name], state):
            yield name, f"{table[name].kind}{', required' if name in f.REQUIRED.get(state.type, ()) else ''}"


def _rule_fields(state: StateOutline, present: set[str]) -> Iterator[tuple[str, str]]:
    if state.query_language == f.JSONATA:
        yield from ((name, "") for name in ("Condition", "Next", "Assign", "Output", "Comment"))
        return
    operators = present & (set(f.OPERATORS) | set(f.LOGICAL))
    yield from ((name, "") for name in ("Variable", "Next", "Assign", "Comment"))
    if not operators:
        yield from ((name, one.kind) for name, one in f.OPERATORS.items())
        yield from ((name, "rules") for name in f.LOGICAL)


def _parameters(state: StateOutline, holder: str) -> Iterator[tuple[str, str]]:
    found = state.node.get("Resource") if state.node is not None else None
    if found is None or not isinstance(found.value, str):
        return
    for name, detail in parameters_of(found.value):
        yield name, detail
        if holder == "Parameters":
            yield f"{name}.$", f"{detail}, by path"


@lru_cache(maxsize=256)
def parameters_of(resource: str) -> tuple[tuple[str, str], ...]:
    """Return the parameters of the action that a Task's Resource names, required ones first, each with its type."""
    match = re.match(r"arn:aws[\w-]*:states:::(aws-sdk:)?([\w-]+):(\w+)", resource)
    if match is None:
        return ()
    listed = FIELDS.get((match[2], match[3])) if not match[1] else None
    model = _action(match[2], match[3])
    if listed:
        return tuple((name, model.get(name, "parameter")) for name in listed.split())
    return tuple(sorted(model.items(), key=lambda one: "required" not in one[1]))


_MODELS: Final[Mapping[str, str]] = {"sfn": "stepfunctions", "states": "stepfunctions", "eventbridge": "events"}


def _model(service: str) -> str:
    """Return the folder of a service's API model, by its name in a Resource."""
    if service in _MODELS:
        return _MODELS[service]
    data = Path(str(importlib.import_module("botocore").__file__)).parent / "data"
    known = service.replace("-", "").isalnum() and (data / service).is_dir()
    return service if known else service_names().get(service, service)  # which reads a little of every model: a second


@lru_cache(maxsize=4)
def _service(name: str) -> Mapping[str, Any] | None:
    """Return the API model of a service, None where there is none."""
    loader = importlib.import_module("botocore.loaders").Loader()
    try:
        found: Mapping[str, Any] = loader.load_service_model(_model(name), "service-2")
    except (importlib.import_module("botocore.exceptions").DataNotFoundError, ValueError):
        return None
    return found


def _action(service: str, action: str) -> dict[str, str]:
    """Return the members of an action's request in the API model, in Step Functions' capitals. {} for none known."""
    model = _service(service)
    if model is None:
        return {}
    operation = model["operations"].get(action[:1].upper() + action[1:])
    if operation is None or "input" not in operation:
        return {}
    shape = model["shapes"][operation["input"]["shape"]]
    needed = set(shape.get("required", ()))
    return {
        name[:1].upper() + name[1:]: model["shapes"][one["shape"]]["type"] + (", required" if name in needed else "")
        for name, one in shape["members"].items()
    }


# -- values ----------------------------------------------------------------------------------------------------------


def _value(cursor: Cursor, word: str, kind: str, detail: str = "", documentation: str = "") -> Candidate:
    return Candidate(word, kind, detail, documentation, cursor.span, scalar_text(cursor, word), cursor.typed)


def _values(cursor: Cursor, resources: Mapping[str, str]) -> Iterator[Candidate]:
    name = str(cursor.path[-1]) if cursor.path else ""
    inside_template = any(part in _TEMPLATES for part in cursor.path[:-1])
    state = cursor.state
    if name in _NAMING and not inside_template:
        own = state.name if state is not None else ""
        machine = state.machine if state is not None else cursor.machine
        for one in machine.states.values():
            if one.name != own:
                yield _value(cursor, one.name, "state", one.type)
    elif name == "Type" and state is not None and len(cursor.path) == 1:
        yield from (_value(cursor, one, "value", "state type", STATE_TEXTS[one]) for one in f.STATE_TYPES)
    elif name == "Resource" and not inside_template:
        for resource, words in resources.items():
            yield _value(cursor, resource, "resource", words or "bound here")
        for arn in _arns(cursor.typed):
            yield _value(cursor, arn, "resource", "service integration")
    elif name in _VALUES and not inside_template:
        yield from (_value(cursor, one, "value", name) for one in _VALUES[name])
    elif name == "End" or (name in f.OPERATORS and f.OPERATORS[name].kind == "boolean"):
        for word in ("true",) if name == "End" else ("true", "false"):
            yield Candidate(word, "value", "boolean", "", cursor.span, word, cursor.typed)


def _arns(typed: str) -> Iterator[str]:
    match = re.match(r"arn:aws[\w-]*:states:::aws-sdk:([\w-]+):", typed)
    if match is not None:
        yield from (f"{match[0]}{action}" for action in actions_of(match[1]))
        return
    for service, actions in f.INTEGRATIONS.items():
        for action in sorted(actions):
            arn = f"arn:aws:states:::{service}:{action}"
            yield arn
            yield from (f"{arn}.{wait}" for wait in sorted(f.WAITS.get(service, ())))
    yield "arn:aws:states:::aws-sdk:"


@lru_cache(maxsize=16)
def actions_of(service: str) -> tuple[str, ...]:
    """Return the actions of a service's API, as a Resource writes them; none for a service that is not known."""
    model = _service(service)
    if model is None:
        return ()
    return tuple(sorted(name[:1].lower() + name[1:] for name in model["operations"]))


# -- expressions -----------------------------------------------------------------------------------------------------

_PIECE: Final = re.compile(r"(\$[\w.$\[\]]*|States\.\w*|\w+)\Z")


def _expressions(cursor: Cursor, inputs: Mapping[str, Json], results: Mapping[str, Json]) -> Iterator[Candidate]:
    state = cursor.state
    if state is None:
        return
    match = _PIECE.search(cursor.typed)
    typed = match[0] if match is not None else ""
    span = Span(cursor.offset - len(typed), cursor.offset)
    name = str(cursor.path[-1]) if cursor.path else ""
    if state.query_language == f.JSONATA:
        if "{%" in cursor.typed:
            yield from (Candidate(a, k, d, "", span, a, typed) for a, k, d in _jsonata(state, inputs, results))
        return
    path_field = name.endswith((".$", "Path")) or name == "Variable"
    if not path_field:
        return
    whole = cursor.typed == typed
    for label, kind, detail in _jsonpath(state, inputs, results, name):
        if kind == "function" and not name.endswith(".$"):
            continue
        text = scalar_text(cursor, label) if whole else label
        yield Candidate(label, kind, detail, "", cursor.span if whole else span, text, typed)


_Proposal = tuple[str, str, str]


def _jsonpath(
    state: StateOutline, inputs: Mapping[str, Json], results: Mapping[str, Json], name: str
) -> Iterator[_Proposal]:
    data = results.get(state.name) if name.startswith("Result") else inputs.get(state.name)
    yield from (("$" + path, "path", _shown(value)) for path, value in _paths(data))
    yield from ((f"${one}", "variable", "assigned earlier") for one in _assigned(state))
    yield from (("$$." + one, "path", "Context object") for one in _CONTEXT)
    yield from ((f"States.{one}", "function", intrinsic_signature(one)) for one in INTRINSICS)


_CONTEXT: Final = (
    "Execution.Id",
    "Execution.Input",
    "Execution.Name",
    "Execution.RoleArn",
    "Execution.StartTime",
    "State.EnteredTime",
    "State.Name",
    "State.RetryCount",
    "StateMachine.Id",
    "StateMachine.Name",
    "Task.Token",
    "Map.Item.Index",
    "Map.Item.Value",
)


def _jsonata(state: StateOutline, inputs: Mapping[str, Json], results: Mapping[str, Json]) -> Iterator[_Proposal]:
    yield "$states.input", "variable", "the state's input"
    yield from (
        (f"$states.input{path}", "path", _shown(value)) for path, value in _paths(inputs.get(state.name)) if path
    )
    if state.type in ("Task", "Parallel", "Map"):
        yield "$states.result", "variable", "what the task, the branches or the iterations gave"
        yield from (
            (f"$states.result{path}", "path", _shown(value)) for path, value in _paths(results.get(state.name)) if path
        )
        yield "$states.errorOutput", "variable", "in a Catch: Error and Cause"
    yield from ((f"$states.context.{one}", "path", "Context object") for one in _CONTEXT)
    yield from ((f"${one}", "variable", "assigned earlier") for one in _assigned(state))
    yield from ((f"${one}", "function", signature.signature) for one, signature in FUNCTIONS.items())
    yield from ((f"${one}", "function", words) for one, words in JSONATA_BUILT_IN.items() if one not in FUNCTIONS)


def _assigned(state: StateOutline) -> list[str]:
    """Return the variables that the states of this machine assign."""
    found: dict[str, None] = {}
    for other in state.machine.states.values():
        holders = [other.node] if other.node is not None else []
        for part in ("Catch", "Choices"):
            listed = other.node.get(part) if other.node is not None else None
            holders += [one.value for one in listed.entries if one.value is not None] if listed is not None else []
        for holder in holders:
            assign = holder.get("Assign")
            found |= dict.fromkeys(str(one.name).removesuffix(".$") for one in (assign.entries if assign else []))
    return list(found)


def _paths(data: Json) -> Iterable[tuple[str, Json]]:
    """Return the paths into data, widest first, "" for all of it; the first item stands for a list's."""
    if data is None:
        return []
    found: list[tuple[str, Json]] = [("", data)]
    for path, value in found:
        if len(found) > _MAX_PATHS:
            break
        if isinstance(value, dict):
            found += [
                (f"{path}.{key}" if re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII) else f"{path}['{key}']", one)
                for key, one in list(value.items())[:_MAX_PATHS]
                if "'" not in key
            ]
        elif isinstance(value, list) and value:
            found.append((f"{path}[0]", value[0]))
    return found


def _shown(value: Json) -> str:
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return f"array of {len(value)}"
    return str(value)[:40]
