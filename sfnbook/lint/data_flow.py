"""Lint rules about data: variables, the Context object, the two query languages mixed, paths that nothing can have made.

The shape of the data is followed from state to state: an object whose fields are all known (a Pass's Result, a
ResultSelector, the answer of an optimised integration), or anything. A path is found wrong only where every way to its
state brings an object that is known and lacks the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from sfnbook.language.checks import is_expression
from sfnbook.language.diagnostics import Path
from sfnbook.language.rule import Finding, Findings, MachineView, StateView
from sfnbook.language.rules import targets
from sfnbook.lint.expression_texts import FUNCTIONS, JSONATA, expressions, without_texts
from sfnbook.lint.rule import machine_rule, machines, state_rule, walk
from sfnbook.lint.tasks import called, static_texts
from sfnbook.query.jsonpath import intrinsics
from sfnbook.query.scope import ExpressionError
from sfnbook.values import Json

_DATA: Final = ("Parameters", "Arguments", "ResultSelector", "ItemSelector", "Assign", "Output", "Result", "Items")


@state_rule("SFN301", "jsonpath-in-jsonata", "error")
def jsonpath_in_jsonata(state: StateView) -> Findings:
    """A JSONata state has a field whose name ends with ``.$``, or a path for a text: both are taken literally.

    "Arguments": {"id.$": "$.id"}                                         # sends a field called id.$
    "Arguments": {"id": "{% $states.input.id %}"}
    """
    if state.language != JSONATA:
        return
    for where, key, text in _strings(state):
        if key.endswith(".$"):
            cure = f'Write "{key[:-2]}": "{{% {_as_jsonata(text)} %}}"'
            yield Finding(where, f"In JSONata '{key}' is a name like any other", where, "key", cure)
        elif re.match(r"\$\$?\.[A-Za-z_]|\$states\.", text):
            yield Finding(
                where,
                f"'{text[:60]}' is a text here, no expression",
                where,
                hint=f'Write "{{% {_as_jsonata(text)} %}}"',
            )


def _as_jsonata(path: str) -> str:
    if path.startswith("$$"):
        return f"$states.context{path[2:]}"
    return f"$states.input{path[1:]}" if path.startswith(("$.", "$[")) else path


@state_rule("SFN302", "jsonata-in-jsonpath", "error")
def jsonata_in_jsonpath(state: StateView) -> Findings:
    """A JSONPath state has a ``{% %}`` text, which is taken literally there.

    The query language is JSONPath unless the machine, or the state, says "QueryLanguage": "JSONata".

        {"Type": "Pass", "Parameters": {"n": "{% 1 + 1 %}"}}                  # n is the text {% 1 + 1 %}
    """
    if state.language == JSONATA:
        return
    for where, _, text in _strings(state):
        if is_expression(text):
            yield Finding(where, "A JSONata expression is a text here", where, hint='Add "QueryLanguage": "JSONata"')


def _strings(state: StateView) -> Iterator[tuple[Path, str, str]]:
    for name in _DATA:
        if name in state.fields:
            value = state.fields[name]
            if isinstance(value, str):
                yield (*state.path, name), name, value
            else:
                yield from static_texts(value, (*state.path, name))


# -- variables -------------------------------------------------------------------------------------------------------

_IN_PATH: Final = re.compile(r"(?<![\w$.'])\$([A-Za-z_]\w*)")
_IN_JSONATA: Final = re.compile(r"(?<!\$)\$([A-Za-z_]\w*)")
_OWN: Final = re.compile(r"\$([A-Za-z_]\w*)\s*:=|function\s*\(([^)]*)\)|λ\s*\(([^)]*)\)|[@#]\s*\$(\w+)")


@machine_rule("SFN303", "variable-never-assigned", "error")
def variable_never_assigned(machine: MachineView) -> Findings:
    """An expression reads a variable that no state assigns.

    "Parameters": {"total.$": "$totl"}                                    # Assign has total
    """
    assigned = {name for state in walk(machine) for name in _assigned(state)}
    for state in walk(machine):
        for where, text, names in _reads(state):
            for name in names:
                if name not in assigned:
                    hint = "" if assigned else "No state has Assign"
                    known = assigned | {"states"} if state.language == JSONATA else assigned
                    if state.language == JSONATA and name in ("input", "context", "result", "errorOutput"):
                        hint, known = f"Write $states.{name}", set[str]()
                    yield Finding(where, f"No state assigns ${name}", where, hint=hint, like=(name, known))
            del text


@machine_rule("SFN313", "variable-not-yet-assigned", "error")
def variable_not_yet_assigned(machine: MachineView) -> Findings:
    """A variable is read where no state that comes before can have assigned it.

    What a state assigns is there from the next state on, and what a branch or an item's states assign stays among them
    (developer guide, "Passing data between states with variables").

        "A": {"Type": "Pass", "Assign": {"total": 1}, "Parameters": {"t.$": "$total"}, ...}  # only after A
    """
    assigning = [(state, name) for state in walk(machine) for name in _assigned(state)]
    known = {name for _, name in assigning}
    after: dict[int, dict[str, set[str]]] = {}
    for state, around in _placed_states(machine, ()):
        for where, _, names in _reads(state):
            for name in sorted(names & known):
                makers = [one for one, assigned in assigning if assigned == name]
                if not any(_comes_before(maker, around, after) for maker in makers):
                    who = " or ".join(dict.fromkeys(f'"{one.name}"' for one in makers))
                    yield Finding(where, f"${name} is not there yet, or not here", where, hint=f"{who} assigns it")


_Around: TypeAlias = "tuple[tuple[MachineView, str], ...]"
"""The machines around a state, each with the name of its state that holds the next, the state itself last."""


def _placed_states(machine: MachineView, around: _Around) -> Iterator[tuple[StateView, _Around]]:
    for name, state in machine.states.items():
        here = (*around, (machine, name))
        yield state, here
        for inner in state.machines:
            yield from _placed_states(inner, here)


def _comes_before(maker: StateView, around: _Around, after: dict[int, dict[str, set[str]]]) -> bool:
    """Tell whether a state may have ended before another begins, in a machine whose variables that one sees."""
    for machine, name in around:
        if machine is maker.machine:
            reached = after.setdefault(id(machine), {})
            if maker.name not in reached:
                reached[maker.name] = _followers(machine, maker.name)
            return name in reached[maker.name]
    return False


def _followers(machine: MachineView, start: str) -> set[str]:
    """Return the states that can be entered after one has ended, itself where there is a way back."""
    found: set[str] = set()
    todo = [start]
    while todo:
        for _, target in targets(machine.states[todo.pop()]):
            if target in machine.states and target not in found:
                found.add(target)
                todo.append(target)
    return found


@machine_rule("SFN304", "variable-never-used")
def variable_never_used(machine: MachineView) -> Findings:
    """A state assigns a variable that no expression reads: a leftover, or a misspelt name."""
    read = {name for state in walk(machine) for _, _, names in _reads(state) for name in names}
    for state in walk(machine):
        for name, where in _assigned(state).items():
            if name not in read and name != "states":
                yield Finding(where, f"Nothing reads ${name}", where, "key")


def _assigned(state: StateView) -> dict[str, Path]:
    found: dict[str, Path] = {}
    holders: list[tuple[Json, Path]] = [(state.fields, state.path)]
    for field in ("Catch", "Choices"):
        inner = state.fields.get(field)
        if isinstance(inner, list):
            holders += [(one, (*state.path, field, i)) for i, one in enumerate(inner)]
    for holder, where in holders:
        assign = holder.get("Assign") if isinstance(holder, dict) else None
        for key in assign if isinstance(assign, dict) else ():
            name = key if state.language == JSONATA else key.removesuffix(".$")
            found.setdefault(name, (*where, "Assign", key))
    return found


def _reads(state: StateView) -> Iterator[tuple[Path, str, set[str]]]:
    """Yield the expressions of a state, not of the states inside it, with the variables that each reads."""
    for where, text in expressions(state):
        if state.language == JSONATA:
            bare = without_texts(text)
            own = {
                name.strip(" $") for match in _OWN.findall(bare) for part in match for name in part.split(",") if part
            }
            calls = set(re.findall(r"\$(\w+)\s*\(", bare))
            used = set(_IN_JSONATA.findall(bare)) - own - {"states"} - calls - FUNCTIONS.keys()
            used |= {name for name in calls if name in own}
            yield where, text, used - own
        else:
            yield where, text, set(_IN_PATH.findall(re.sub(r"'(?:[^'\\]|\\.)*'", "''", text)))


# -- the Context object ----------------------------------------------------------------------------------------------

CONTEXT: Final[Mapping[str, Mapping[str, Any] | None]] = {
    "Execution": {
        "Id": None,
        "Input": None,
        "Name": None,
        "RoleArn": None,
        "StartTime": None,
        "RedriveCount": None,
        "RedriveTime": None,
    },
    "State": {"EnteredTime": None, "Name": None, "RetryCount": None},
    "StateMachine": {"Id": None, "Name": None},
    "Task": {"Token": None},
    "Map": {"Item": {"Index": None, "Value": None, "Key": None, "Source": None}},
}
"""The Context object's fields (developer guide, "Accessing the Context object"); None: anything may be inside."""

_CONTEXT_PATH: Final = re.compile(r"(?:\$\$|\$states\.context)((?:\.[A-Za-z_]\w*)+)")


@state_rule("SFN305", "unknown-context-field", "error")
def unknown_context_field(state: StateView) -> Findings:
    """A path into the Context object names a field that it does not have.

    "id.$": "$$.Execution.ID"                                             # Id
    """
    for where, text in expressions(state):
        for match in _CONTEXT_PATH.finditer(text) if where[-1] != "ResultPath" else ():
            known: Mapping[str, Any] | None = CONTEXT
            for part in match[1].split(".")[1:]:
                if known is None:
                    break
                if part not in known:
                    shown = match[0][: match[0].index(part) + len(part)]
                    yield Finding(where, f"The Context object has no field {shown}", where, like=(part, known))
                    break
                known = known[part]


@state_rule("SFN307", "intrinsic-arguments", "error")
def intrinsic_arguments(state: StateView) -> Findings:
    """An intrinsic function gets another number of arguments than it takes, or States.Format than it has ``{}``.

    AWS creates such a machine; the state then fails with States.IntrinsicFailure whatever the data is.

        "text.$": "States.Format('{} of {}', $.n)"                            # one {} too many
    """
    if state.language == JSONATA:
        return
    for where, text in expressions(state):
        try:
            calls = [intrinsics.parse(text)] if intrinsics.is_call(text) else []
        except ExpressionError:
            continue
        while calls:
            call = calls.pop()
            calls += [one for one in call.arguments if isinstance(one, intrinsics.Call)]
            row, count = intrinsics.INTRINSICS[call.name], len(call.arguments)
            head = call.arguments[0] if call.arguments else None
            if count < row.least or (row.most is not None and count > row.most):
                wants = str(row.least) if row.least == row.most else f"{row.least} to {row.most or 'any number'}"
                yield Finding(
                    where, f"States.{call.name} takes {wants} argument{'' if wants == '1' else 's'}, not {count}", where
                )
            elif call.name == "Format" and isinstance(head, intrinsics.Literal):
                places = len(re.findall(r"(?<!\\)\{\}", head.raw))
                if places != count - 1:
                    yield Finding(
                        where,
                        f"States.Format has {places} {{}} for {count - 1} argument{'' if count == 2 else 's'}",
                        where,
                    )


# -- shapes ----------------------------------------------------------------------------------------------------------

Shape: TypeAlias = "dict[str, Any] | None"
"""An object's fields with their shapes, all there can be; `LIST` for a list; None for anything."""


class _List(dict[str, Any]):
    """The type of `LIST`: no path by a name leads into it."""


LIST: Final[Shape] = _List()

_SDK: Final = {"SdkHttpMetadata": None, "SdkResponseMetadata": None}
ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "lambda:invoke": ("ExecutedVersion", "Payload", "StatusCode", "FunctionError", "LogResult"),
    "sqs:sendMessage": (
        "MessageId",
        "MD5OfMessageBody",
        "MD5OfMessageAttributes",
        "MD5OfMessageSystemAttributes",
        "SequenceNumber",
    ),
    "sns:publish": ("MessageId", "SequenceNumber"),
    "dynamodb:putItem": ("Attributes", "ConsumedCapacity", "ItemCollectionMetrics"),
    "dynamodb:updateItem": ("Attributes", "ConsumedCapacity", "ItemCollectionMetrics"),
    "dynamodb:deleteItem": ("Attributes", "ConsumedCapacity", "ItemCollectionMetrics"),
    "dynamodb:getItem": ("Item", "ConsumedCapacity"),
    "events:putEvents": ("Entries", "FailedEntryCount"),
    "states:startExecution": ("ExecutionArn", "StartDate"),
}
"""The fields of the answers of optimised integrations called without a pattern."""

_REFERENCE: Final = re.compile(r"\$(?:\.([A-Za-z_]\w*)|\['([^']+)'\])?((?:\.[A-Za-z_]\w*)*)")


@machine_rule("SFN306", "path-never-produced", "error")
def path_never_produced(machine: MachineView) -> Findings:
    """A path reads a field that no earlier state can have produced.

    Most often a task's result has replaced the input: without ResultPath the whole input is thrown away.

        "Notify": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Next": "Ship", ...},
        "Ship": {"Type": "Task", "Parameters": {"order.$": "$.order"}, ...}   # $ is the answer of sns:publish

    Write "ResultPath": null, or a place for the result, in the state before. Followed: JSONPath states, and the fields of
    Pass results, ResultSelectors, errors, and the answers of optimised integrations.
    """
    for inner in machines(machine):
        start = inner.fields.get("StartAt")
        if not isinstance(start, str) or start not in inner.states:
            continue
        arriving: dict[str, list[tuple[str, Shape]]] = {start: [("", None)]}
        todo = [start]
        rounds = 0
        while todo and rounds < 20 * len(inner.states):
            rounds += 1
            state = inner.states[todo.pop(0)]
            for target, shape in _leaving(state, _merged(arriving[state.name])):
                known = arriving.setdefault(target, [])
                if target in inner.states and (state.name, shape) not in known:
                    known[:] = [(name, one) for name, one in known if name != state.name or one is None]
                    known.append((state.name, shape))
                    todo.append(target)
        for name, ways in arriving.items():
            shape = _merged(ways) if name in inner.states else None
            if shape is not None:
                yield from _missing(inner.states[name], shape, sorted({way for way, _ in ways if way}))


def _merged(ways: list[tuple[str, Shape]]) -> Shape:
    made: dict[str, Any] = {}
    lists = sum(isinstance(shape, _List) for _, shape in ways)
    if lists:
        return LIST if lists == len(ways) else None
    for _, shape in ways:
        if shape is None:
            return None
        for field, inner in shape.items():
            made[field] = _merged([("", made[field]), ("", inner)]) if field in made else inner
    return made


def _leaving(state: StateView, shape: Shape) -> Iterator[tuple[str, Shape]]:
    """Yield what may follow a state, with the shape of the data there."""
    for where, target in targets(state):
        if "Catch" in where[len(state.path) :]:
            catcher = state.fields["Catch"][where[-2]]
            error: Shape = {"Error": None, "Cause": None}
            if state.language == JSONATA:
                yield target, error if "Output" not in catcher else None
            else:
                yield target, _placed(shape, catcher.get("ResultPath", "$"), error)
        elif state.language == JSONATA:
            yield target, shape if state.type in ("Choice", "Wait", "Pass") and "Output" not in state.fields else None
        else:
            yield target, _output(state, shape)


def _output(state: StateView, shape: Shape) -> Shape:
    fields = state.fields
    entering = _at(shape, fields.get("InputPath", "$"))
    if state.type in ("Task", "Parallel", "Map", "Pass"):
        result = _result(state, entering)
        if "ResultSelector" in fields and state.type != "Pass":
            result = _template(fields["ResultSelector"], result)
        made = _placed(shape, fields.get("ResultPath", "$"), result)
    else:
        made = entering
    return _at(made, fields.get("OutputPath", "$"))


def _result(state: StateView, entering: Shape) -> Shape:
    fields = state.fields
    if state.type == "Pass":
        if "Result" in fields:
            return _literal(fields["Result"])
        return _template(fields["Parameters"], entering) if "Parameters" in fields else entering
    if state.type in ("Parallel", "Map"):
        return LIST if "ResultWriter" not in fields else None
    resource = called(state)
    if resource is None or resource.kind != "service" or resource.pattern:
        return None
    answer = ANSWERS.get(f"{resource.type}:{resource.operation}")
    return dict.fromkeys(answer) | _SDK if answer is not None else None


def _literal(value: Json) -> Shape:
    if isinstance(value, list):
        return LIST
    return {key: _literal(one) for key, one in value.items()} if isinstance(value, dict) else None


def _template(value: Json, data: Shape) -> Shape:
    if not isinstance(value, dict):
        return None
    return {
        key.removesuffix(".$"): _at(data, one) if key.endswith(".$") else _template(one, data)
        for key, one in value.items()
    }


def _at(shape: Shape, path: Json) -> Shape:
    """Return the shape at a path, anything where it is not known."""
    if path is None:
        return {}
    steps = _steps(path)
    for step in steps if steps is not None else ():
        shape = shape.get(step) if shape is not None else None
    return shape if steps is not None else None


def _placed(shape: Shape, path: Json, result: Shape) -> Shape:
    if path is None:
        return shape
    steps = _steps(path)
    if steps == []:
        return result
    if steps is None or shape is None or isinstance(shape, _List):
        return None
    first, *rest = steps
    inner = "$" + "".join(f".{step}" for step in rest)
    return {**shape, first: _placed(shape.get(first) or {}, inner, result) if rest else result}


def _steps(path: Json) -> list[str] | None:
    """Return the fields that a plain path names, None for any other path."""
    match = _REFERENCE.fullmatch(path) if isinstance(path, str) else None
    if match is None:
        return None
    return [one for one in (match[1] or match[2], *match[3].split(".")) if one]


def _missing(state: StateView, shape: Shape, before: list[str]) -> Findings:
    for where, text in _input_paths(state):
        known: Shape = shape
        for step in _steps(text) or ():
            if known is None:
                break
            if step not in known:
                who = " or ".join(f'"{name}"' for name in before[:3])
                fields = ", ".join(list(known)[:8]) or "none"
                if isinstance(known, _List):
                    item = text.replace(f".{step}", f"[0].{step}", 1)
                    hint = f"The data comes from {who}, and there is a list: an item's field is {item}"
                    yield Finding(where, f"Nothing before can have made {text}", where, hint=hint)
                    break
                hint = f'The data comes from {who}, and its fields are: {fields}. "ResultPath" there keeps the input'
                yield Finding(where, f"Nothing before can have made {text}", where, hint=hint, like=(step, known))
                break
            known = known[step]


def _input_paths(state: StateView) -> Iterator[tuple[Path, str]]:
    """Yield the plain paths of a JSONPath state that read its input."""
    if state.language == JSONATA:
        return
    fields = state.fields
    whole = fields.get("InputPath", "$") == "$"
    in_data = (
        "Parameters",
        "ItemsPath",
        "ItemSelector",
        "SecondsPath",
        "TimestampPath",
        "Choices",
        "TimeoutSecondsPath",
    )
    for where, text in expressions(state):
        field = str(where[len(state.path)])
        if field == "InputPath" or (whole and field in in_data and not (field == "Parameters" and state.type == "Map")):
            present = state.type == "Choice" and _tests_presence(state, where)
            if not present and _REFERENCE.fullmatch(text):
                yield where, text


def _tests_presence(state: StateView, where: Path) -> bool:
    """Tell whether a Choice asks, anywhere, whether the Variable at a place is there."""
    node: Any = state.fields
    for part in where[len(state.path) :]:
        node = node[part]
    todo: list[Any] = [state.fields.get("Choices")]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            if "IsPresent" in one and one.get("Variable") == node:
                return True
            todo += one.values()
        elif isinstance(one, list):
            todo += one
    return False
