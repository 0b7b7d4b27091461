"""What makes a definition wrong: one function per rule, each with a code and a kebab-case name.

A rule looks at one state or one machine (`StateView`, `MachineView`: what the text holds, well-formed as JSON but not
yet known to be sound) and yields findings in AWS's words where a refusal is recorded or documented; ours otherwise.
Rules neither raise nor change anything. The syntax inside expressions is the query layer's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeGuard

from sfnbook.language import fields as f
from sfnbook.language.checks import (
    EMPTY,
    PATH_KINDS,
    TEMPLATE_KINDS,
    bad_enum,
    bad_field,
    bad_object,
    bad_path,
    bad_template,
    bad_word,
    has_placeholder,
    is_expression,
    one_of,
    only_one,
    out_of_range,
    wrong_language,
    wrong_type,
)
from sfnbook.language.diagnostics import Path, close
from sfnbook.language.fields import JSONATA, JSONPATH, Field
from sfnbook.language.parameters import forbidden, shapes, unsupported
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.language.rule import (
    SCHEMA,
    Finding,
    Findings,
    MachineView,
    StateView,
    graph_rule,
    machine_rule,
    state_rule,
    target_rule,
)
from sfnbook.values import Json

# -- machines --------------------------------------------------------------------------------------------------------


@machine_rule("ASL101", "missing-field")
def machine_required(machine: MachineView) -> Findings:
    """A machine, a branch and an item processor need StartAt and States: nothing can start without them."""
    missing = [name for name in ("StartAt", "States") if name not in machine.fields]
    if missing:
        yield Finding(machine.path, f"These fields are required: [{', '.join(missing)}]", machine.path)


@machine_rule("ASL102", "unknown-field")
def machine_unknown_field(machine: MachineView) -> Findings:
    """AWS refuses fields it does not know, so a misspelt one never passes in silence. Branches and item processors
    cannot declare a QueryLanguage (they take the whole machine's)."""
    for name in machine.fields:
        if name not in machine.allowed:
            yield Finding(
                machine.path,
                f"Field '{name}' is not supported",
                (*machine.path, name),
                "key",
                like=(name, machine.allowed),
            )


@machine_rule("ASL108", "wrong-type")
def machine_field_types(machine: MachineView) -> Findings:
    """Each field of a machine has one type; TimeoutSeconds is a positive integer."""
    for name, value in machine.fields.items():
        if spec := machine.allowed.get(name):
            yield from bad_field(name, spec, value, machine.path, machine.language)


@machine_rule("ASL113", "no-states")
def no_states(machine: MachineView) -> Findings:
    """A machine has at least one state."""
    if machine.fields.get("States") == {}:
        where = (*machine.path, "States")
        yield Finding(where, EMPTY, where, hint="There must be at least one state")


@machine_rule("ASL111", "state-name", "INVALID_STATE_NAME")
def state_names(machine: MachineView) -> Findings:
    """A state's name is 1 to 80 characters, none of them a control character (specification, "States")."""
    states = machine.fields.get("States")
    for name in states if type(states) is dict else ():
        if not 0 < len(name) <= f.MAX_NAME:
            where = (*machine.path, "States", name)
            short = f"{name[:30]}…" if name else ""
            yield Finding(
                where, f"State name '{short}' must have 1 to {f.MAX_NAME} characters, not {len(name)}", where, "key"
            )


@machine_rule("ASL201", "query-language")
def machine_query_language(machine: MachineView) -> Findings:
    """QueryLanguage is JSONPath or JSONata."""
    value = machine.fields.get("QueryLanguage")
    if machine.kind == "top" and type(value) is str:
        yield from bad_enum("QueryLanguage", value, machine.path)


# -- the graph -------------------------------------------------------------------------------------------------------


@target_rule("ASL104", "unknown-next")
def unknown_next(machine: MachineView) -> Findings:
    """StartAt, Next, Default and each Catch's and choice rule's Next name a state beside them: a branch or an item
    processor cannot be entered or left by Next. AWS says 'Next' for all of them."""
    start = machine.fields.get("StartAt")
    if type(start) is str and start not in machine.fields["States"]:
        yield _missing_target(start, (*machine.path, "StartAt"), machine)
    for state in machine.states.values():
        for path, target in targets(state):
            if target not in machine.fields["States"]:
                yield _missing_target(target, path, machine)


def _missing_target(target: str, path: Path, machine: MachineView) -> Finding:
    return Finding(path, f"Missing 'Next' target: {target}", path, like=(target, machine.fields["States"]))


def targets(state: StateView) -> Iterator[tuple[Path, str]]:
    """Yield every place of a state that names the next one, and the name."""
    fields, path = state.fields, state.path
    if state.type not in f.NO_NEXT:
        name = fields.get("Next")
        if type(name) is str and fields.get("End") is not True:
            yield (*path, "Next"), name
    if state.type == "Choice":
        rules = fields.get("Choices")
        for i, rule in enumerate(rules if type(rules) is list else ()):
            if type(rule) is dict and type(rule.get("Next")) is str:
                yield (*path, "Choices", i, "Next"), rule["Next"]
        if type(fields.get("Default")) is str:
            yield (*path, "Default"), fields["Default"]
    catchers = fields.get("Catch") if state.type in ("Task", "Parallel", "Map") else None
    for i, catcher in enumerate(catchers if type(catchers) is list else ()):
        if type(catcher) is dict and type(catcher.get("Next")) is str:
            yield (*path, "Catch", i, "Next"), catcher["Next"]


def _may_end(state: Json) -> bool:
    """Tell whether a state, of a known type or not, is one that ends."""
    if type(state) is not dict:
        return False
    type_ = state.get("Type")
    return (type(type_) is str and type_ in f.TERMINAL) or (state.get("End") is True and type_ != "Choice")


@target_rule("ASL106", "no-terminal-state", "MISSING_END_STATE")
def no_terminal_state(machine: MachineView) -> Findings:
    """A machine in which no state ends can only loop. AWS gives no location for it."""
    if not any(_may_end(state) for state in machine.fields["States"].values()):
        yield Finding(
            None, "Workflow has no terminal state", (*machine.path, "States"), "key", 'Give a state "End": true'
        )


def _ends(state: StateView) -> bool:
    return _may_end(state.fields)


@graph_rule("ASL105", "unreachable-state")
def unreachable_state(machine: MachineView) -> Findings:
    """A state to which no path leads from StartAt never runs: most often a misspelt Next. AWS refuses it, unless the
    machine has no terminal state at all, which it reports alone."""
    start = machine.fields.get("StartAt")
    if type(start) is not str or not any(_ends(state) for state in machine.states.values()):
        return
    reached = {start}
    todo = [start]
    while todo:
        state = machine.states.get(todo.pop())
        for _, target in targets(state) if state is not None else ():
            if target not in reached:
                reached.add(target)
                todo.append(target)
    for name, state in machine.states.items():
        if name not in reached:
            yield Finding(state.path, f'State "{name}" is not reachable.', state.path, "key")


@target_rule("ASL207", "shadowed-variable", SCHEMA)
def shadowed_variables(machine: MachineView) -> Findings:
    """A branch or an iteration sees the variables outside, and cannot assign them (recorded by others). The children of a
    distributed Map do not see them."""
    outer = {name for state in machine.states.values() for _, name in _assigned(state)}
    todo = [inner for state in machine.states.values() if not is_distributed(state) for inner in state.machines]
    while outer and todo:
        for state in todo.pop().states.values():
            if not is_distributed(state):
                todo += state.machines
            for where, name in _assigned(state):
                if name in outer:
                    message = f"The variable name '{name}' was already defined in a parent scope."
                    yield Finding(where, message, where, hint="Choose another name, or let it be the result")


def _assigned(state: StateView) -> Iterator[tuple[Path, str]]:
    """Yield each variable that a state assigns, its rules and catchers included, and the place of the Assign."""
    entries: list[tuple[Path, Json]] = [(state.path, state.fields)]
    for field in ("Choices", "Catch"):
        entries += [((*state.path, field, index), entry) for index, entry in _objects(state, field)]
    for path, entry in entries:
        assign = entry.get("Assign") if isinstance(entry, Mapping) else None
        for name in assign if type(assign) is dict else ():
            yield (*path, "Assign"), name.removesuffix(".$") if state.language == JSONPATH else name


# -- every state -----------------------------------------------------------------------------------------------------


@state_rule("ASL101", "missing-field")
def required_fields(state: StateView) -> Findings:
    """A Task needs its Resource, a Choice its Choices, a Parallel its Branches."""
    missing = [name for name in f.REQUIRED.get(state.type, ()) if name not in state.fields]
    if missing:
        yield Finding(state.path, f"These fields are required: [{', '.join(missing)}]", state.path, "key")


@state_rule("ASL102", "unknown-field")
def unknown_field(state: StateView) -> Findings:
    """AWS refuses a field that a state's type does not have: Catch on a Pass, TimeoutSeconds on a Map."""
    allowed = f.STATE_FIELDS[state.type]
    for name in state.fields:
        if name not in allowed:
            yield Finding(
                state.path,
                f"Field '{name}' is not supported",
                (*state.path, name),
                "key",
                _who_has(name),
                (name, allowed),
            )


def _who_has(name: str) -> str:
    types = [t for t in f.STATE_TYPES if name in f.STATE_FIELDS[t]]
    return f"Only {', '.join(types)} {'has' if len(types) == 1 else 'have'} it" if types else ""


@state_rule("ASL203", "wrong-query-language")
def wrong_query_language(state: StateView) -> Findings:
    """InputPath, Parameters, ResultPath and their like exist in JSONPath only; Arguments, Output and Items in JSONata
    only. A Map's or Parallel's own QueryLanguage does not reach the states inside it."""
    allowed = f.STATE_FIELDS[state.type]
    for name in state.fields:
        spec = allowed.get(name)
        if spec is not None and spec.only is not None and spec.only != state.language:
            yield wrong_language(name, spec.only, state.path, state.language)


def _known_fields(state: StateView) -> Iterator[tuple[str, Field, Json]]:
    """Yield the fields that the state's type and query language have."""
    allowed = f.STATE_FIELDS[state.type]
    for name, value in state.fields.items():
        spec = allowed.get(name)
        if spec is not None and (spec.only is None or spec.only == state.language):
            yield name, spec, value


@state_rule("ASL108", "wrong-type")
def field_types(state: StateView) -> Findings:
    """Each field has one type. In JSONata a ``{% %}`` string may stand for most of them."""
    for name, spec, value in _known_fields(state):
        if spec.kind != "string" or type(value) is not str:
            yield from wrong_type(name, spec, value, state.path, state.language)


@state_rule("ASL109", "out-of-range", "Task", "Wait", "Map")
def field_ranges(state: StateView) -> Findings:
    """Seconds, counts and percentages have limits: a timeout is at least 1 s, a percentage at most 100."""
    for name, spec, value in _known_fields(state):
        if spec.minimum is not None:
            yield from out_of_range(name, spec, value, state.path)


@state_rule("ASL204", "path")
def field_paths(state: StateView) -> Findings:
    """A path begins with ``$``; a Reference Path names one place, so it has no wildcard, slice or filter; ResultPath
    cannot lead into the Context object or a variable."""
    if state.language == JSONPATH:
        for name, spec, value in _known_fields(state):
            if spec.kind in PATH_KINDS:
                yield from bad_path(name, spec, value, state.path)


@state_rule("ASL205", "payload-template", "Task", "Pass", "Wait", "Choice", "Parallel", "Map")
def templates(state: StateView) -> Findings:
    """In a payload template ``x.$`` holds a path or an intrinsic function, and does not stand beside ``x``."""
    if state.language == JSONPATH:
        for name, spec, value in _known_fields(state):
            if spec.kind in TEMPLATE_KINDS and (type(value) is dict or type(value) is list):
                yield from bad_template(value, (*state.path, name), (*state.path, name))


@state_rule("ASL206", "variable-name", "Task", "Pass", "Wait", "Choice", "Parallel", "Map")
def variable_names(state: StateView) -> Findings:
    """Assign names whole variables, up to 80 characters: an identifier, not ``x.y``, and never ``states``."""
    value = state.fields.get("Assign")
    for name in value if type(value) is dict else ():
        variable = name.removesuffix(".$") if state.language == JSONPATH else name
        if not variable.isidentifier() or len(variable) > f.MAX_NAME or variable == "states":
            at = (*state.path, "Assign", name)
            hint = "states is reserved" if variable == "states" else "A name is letters, digits and _, up to 80 of them"
            yield Finding((*state.path, "Assign"), f"'{variable[:100]}' is not a valid variable name", at, "key", hint)


@state_rule("ASL107", "next-or-end", "Task", "Wait", "Pass", "Parallel", "Map")
def next_or_end(state: StateView) -> Findings:
    """A state goes on with Next or ends with End: exactly one of them; End is never false."""
    fields = state.fields
    if "Next" in fields:
        if fields.get("End") is True:
            yield one_of(("Next", "End"), ["Next", "End"], state.path)
    elif "End" not in fields:
        yield one_of(("Next", "End"), [], state.path)
    elif fields["End"] is False:
        yield one_of(("Next", "End"), [], state.path)._replace(at=(*state.path, "End"), on="value", hint="End is false")


@state_rule("ASL110", "exclusive-fields", *f.EXCLUSIVE)
def exclusive_fields(state: StateView) -> Findings:
    """A value and its ``...Path`` do not stand side by side; nor do ItemSelector and its old name Parameters."""
    for group in f.EXCLUSIVE[state.type]:
        present = [name for name in group if name in state.fields]
        if len(present) > 1:
            yield only_one(group, present, state.path)


@state_rule("ASL112", "one-of-fields", *f.EITHER)
def one_of_fields(state: StateView) -> Findings:
    """A Wait has exactly one of Seconds, Timestamp, SecondsPath and TimestampPath; a Map one ItemProcessor or, its old
    name, Iterator."""
    for group in f.EITHER[state.type]:
        present = [name for name in group if name in state.fields]
        if len(present) != 1:
            yield one_of(group, present, state.path)


@state_rule("ASL202", "query-language-downgrade")
def query_language(state: StateView) -> Findings:
    """In a JSONata machine no state can go back to JSONPath (recorded); the other way round is allowed."""
    value = state.fields.get("QueryLanguage")
    if value is None:
        return
    if type(value) is str:
        yield from bad_enum("QueryLanguage", value, state.path)
    if value == JSONPATH and state.machine.language == JSONATA:
        message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
        yield Finding(state.path, message, (*state.path, "QueryLanguage"))


# -- Task ------------------------------------------------------------------------------------------------------------

_ARN = re.compile(r"arn:[^:\s]+:[^:\s]*:[^:\s]*:[^:\s]*:\S+\Z")
_ACTION = re.compile(r"\w+\Z", re.ASCII)


@state_rule("ASL301", "resource", "Task")
def resource(state: StateView) -> Findings:
    """Resource is the ARN of a function, an activity, or an integration that AWS knows (recorded: dynamodb:query)."""
    value = state.fields.get("Resource")
    if type(value) is not str or has_placeholder(value):
        return
    where = (*state.path, "Resource")
    if not _ARN.match(value):
        name = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value)
        hint = f'A function is written "arn:aws:lambda:us-east-1:123456789012:function:{value}"' if name else ""
        yield Finding(where, "Value is not a valid resource ARN", where, hint=hint)
        return
    called = parse_resource(value)
    if called.kind != "service" or is_recognized(called):
        return
    hint = _meant(called) or _integrations(called.type, called.operation)
    if not _can_wait(called.type, called.pattern):
        known = sorted(f.WAITS.get(called.type, frozenset({"waitForTaskToken"})))
        hint = f"{called.type} can wait as {' or '.join('.' + k for k in known)}" if known else "It cannot wait"
    yield Finding(where, unrecognized(value), where, hint=hint)


def unrecognized(resource: str) -> str:
    """Return what AWS says of a resource that it does not have (recorded: dynamodb:query)."""
    return (
        f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, "
        "or the resource is not available in this region."
    )


def is_recognized(called: Resource) -> bool:
    """Tell whether there may be such an integration and its way to wait: one that is listed, or resembles none that is."""
    known = called.type.startswith("aws-sdk:") or not _meant(called)
    return bool(_ACTION.match(called.operation)) and known and _can_wait(called.type, called.pattern)


def _meant(called: Resource) -> str:
    """Return a hint at the listed integration whose name a name is close to, "" for none."""
    service, action = called.type, called.operation
    if service.startswith("aws-sdk:"):
        return ""
    if service not in f.INTEGRATIONS:
        other = close(service, f.INTEGRATIONS)
        return f'Did you mean "{other}:{action}"?' if other else ""
    other = "" if action in f.INTEGRATIONS[service] else close(action, f.INTEGRATIONS[service])
    return f'Did you mean "{service}:{other}"?' if other else ""


def _can_wait(service: str, pattern: str) -> bool:
    """Tell whether a service's tasks may wait like this: not every one runs jobs or takes a task token along."""
    if not pattern:
        return True
    if service.startswith("aws-sdk:"):
        return pattern == "waitForTaskToken"
    return service not in f.WAITS or pattern in f.WAITS[service]


def _integrations(service: str, action: str) -> str:
    actions = f.INTEGRATIONS.get(service)
    if not actions:
        return ""
    known = ", ".join(f"{service}:{each}" for each in sorted(actions))
    return f'There is {known}; any other API is called as "aws-sdk:{service}:{action}"'


@state_rule("ASL302", "express-integration", "Task")
def express_integration(state: StateView) -> Findings:
    """An Express machine cannot wait for a job, a callback or an activity (recorded, AWS's spacing kept)."""
    value = state.fields.get("Resource")
    if not state.machine.express or type(value) is not str:
        return
    where = (*state.path, "Resource")
    called = parse_resource(value)
    if called.kind == "activity":
        yield Finding(where, "Express state machine does not support Activity ARN", where)
    elif called.pattern == "waitForTaskToken":
        yield Finding(where, "Express state machine does not support '.waitForTaskToken' service integration ", where)
    elif called.pattern:
        yield Finding(where, "Express state machine does not support '.sync' service integration", where)


@state_rule("ASL303", "credentials", "Task")
def credentials(state: StateView) -> Findings:
    """Credentials names the role to take on, so RoleArn must be there (recorded)."""
    value = state.fields.get("Credentials")
    if type(value) is dict and not any(name in value for name in f.CREDENTIALS_FIELDS):
        where = (*state.path, "Credentials")
        yield Finding(where, "The field 'RoleArn' is required but was missing", where)


@state_rule("ASL304", "heartbeat-timeout", "Task")
def heartbeat(state: StateView) -> Findings:
    """HeartbeatSeconds is smaller than TimeoutSeconds (specification, "Timeouts"), or it could never be noticed."""
    beat, limit = state.fields.get("HeartbeatSeconds"), state.fields.get("TimeoutSeconds")
    if _number(beat) and _number(limit) and beat >= limit:
        where = (*state.path, "HeartbeatSeconds")
        yield Finding(where, "HeartbeatSeconds must be smaller than TimeoutSeconds", where)


@state_rule("ASL305", "integration-fields", "Task", severity="WARNING")
def integration_fields(state: StateView) -> Findings:
    """A field that an integration does not have, or a header that it may not set: the task will not start."""
    value, given = state.fields.get("Resource"), next((n for n in ("Arguments", "Parameters") if n in state.fields), "")
    written = state.fields.get(given)
    expected = shapes(parse_resource(value)) if type(value) is str else None
    if expected is None or type(written) is not dict:
        return
    where = (*state.path, given)
    for key in written:
        name = key.removesuffix(".$")
        if name not in expected.fields:
            yield Finding(where, unsupported(name), (*where, key), "key", like=(name, expected.fields))
    headers = written.get("Headers")
    if type(headers) is dict:
        for header in headers:
            if wrong := forbidden(expected.headers, [header.removesuffix(".$")]):
                message = f"The 'Headers' field contains unsupported values: [{wrong[0]}]"
                yield Finding(where, message, (*where, "Headers", header), "key")


def _number(value: Json) -> TypeGuard[int | float]:
    return type(value) is int or type(value) is float


# -- Retry and Catch -------------------------------------------------------------------------------------------------


@state_rule("ASL401", "retrier", "Task", "Parallel", "Map")
def retriers(state: StateView) -> Findings:
    """A retrier names its errors in ErrorEquals; its numbers are in range; JitterStrategy is FULL or NONE."""
    for i, retrier in _objects(state, "Retry"):
        where = (*state.path, "Retry", i)
        yield from bad_object(retrier, f.RETRIER_FIELDS, where, state.language, ("ErrorEquals",))


@state_rule("ASL402", "catcher", "Task", "Parallel", "Map")
def catchers(state: StateView) -> Findings:
    """A catcher names its errors in ErrorEquals and the state that goes on in Next."""
    for i, catcher in _objects(state, "Catch"):
        where = (*state.path, "Catch", i)
        yield from bad_object(catcher, f.CATCHER_FIELDS, where, state.language, ("ErrorEquals", "Next"))


@state_rule("ASL403", "error-equals", "Task", "Parallel", "Map")
def error_equals(state: StateView) -> Findings:
    """ErrorEquals is a list of error names, not empty; States.ALL stands alone in it, and in the last entry, because
    what follows could never match."""
    for name in ("Retry", "Catch"):
        entries = list(_objects(state, name))
        for i, entry in entries:
            errors = entry.get("ErrorEquals") if type(entry) is dict else None
            if type(errors) is not list:
                continue
            where = (*state.path, name, i, "ErrorEquals")
            if not errors:
                yield Finding(where, EMPTY, where, hint="ErrorEquals names at least one error")
            for j, error in enumerate(errors):
                if type(error) is not str:
                    yield Finding((*where, j), "Expected value of type String", (*where, j))
                elif error == "States.ALL" and (len(errors) > 1 or i != len(entries) - 1):
                    yield Finding((*where, j), "States.ALL must appear alone and at end of list", (*where, j))


@state_rule("ASL404", "max-delay", "Task", "Parallel", "Map")
def max_delay(state: StateView) -> Findings:
    """MaxDelaySeconds is larger than IntervalSeconds (guide, "Retrying after an error")."""
    for i, retrier in _objects(state, "Retry"):
        if type(retrier) is dict:
            delay, interval = retrier.get("MaxDelaySeconds"), retrier.get("IntervalSeconds", 1)
            if _number(delay) and _number(interval) and 1 <= delay <= interval:
                where = (*state.path, "Retry", i, "MaxDelaySeconds")
                yield Finding(where, "MaxDelaySeconds must be larger than IntervalSeconds", where)


_STATUS: Final = re.compile(r"States\.Http\.StatusCode\.[1-5]\d\d")
"""The error of an HTTP Task whose answer has such a status."""


@state_rule("ASL405", "unknown-error-name", "Task", "Parallel", "Map", severity="WARNING")
def unknown_error_name(state: StateView) -> Findings:
    """Names that begin with ``States.`` are AWS's own; one that neither AWS nor a Fail state inside raises matches
    nothing. An HTTP Task raises ``States.Http.StatusCode.NNN`` (guide, "Call HTTPS APIs")."""
    raised = f.ERROR_NAMES | {fail for machine in state.machines for fail in _raised(machine)}
    for name in ("Retry", "Catch"):
        for i, entry in _objects(state, name):
            errors = entry.get("ErrorEquals") if type(entry) is dict else None
            for j, error in enumerate(errors if type(errors) is list else ()):
                if (
                    type(error) is str
                    and error.lower().startswith("states.")
                    and not (error in raised or _STATUS.fullmatch(error))
                ):
                    where = (*state.path, name, i, "ErrorEquals", j)
                    yield Finding(where, f"AWS raises no error {error}", where, like=(error, f.ERROR_NAMES))


def _raised(machine: MachineView) -> Iterator[str]:
    for state in machine.states.values():
        if state.type == "Fail" and type(state.fields.get("Error")) is str:
            yield state.fields["Error"]
        for inner in state.machines:
            yield from _raised(inner)


def _objects(state: StateView, name: str) -> Iterator[tuple[int, Json]]:
    value = state.fields.get(name)
    if type(value) is list:
        yield from enumerate(value)


# -- Choice ----------------------------------------------------------------------------------------------------------


@state_rule("ASL501", "choices", "Choice")
def choices(state: StateView) -> Findings:
    """Choices has at least one rule; each rule leads somewhere: Next, and only there (not inside And, Or, Not)."""
    rules = state.fields.get("Choices")
    if rules == []:
        where = (*state.path, "Choices")
        yield Finding(where, EMPTY, where, hint="Choices has at least one rule")
    for i, rule in _objects(state, "Choices"):
        where = (*state.path, "Choices", i)
        if type(rule) is not dict:
            if not has_placeholder(rule):
                yield Finding(where, "Expected value of type Object", where)
        elif "Next" not in rule:
            yield Finding(where, "These fields are required: [Next]", where)
        elif type(rule["Next"]) is not str:
            yield Finding((*where, "Next"), "Expected value of type String", (*where, "Next"))


@state_rule("ASL502", "choice-rule", "Choice")
def choice_rules(state: StateView) -> Findings:
    """A JSONPath rule is one comparison of a Variable, or an And, Or or Not of rules; a JSONata rule is a Condition."""
    for i, rule in _objects(state, "Choices"):
        if type(rule) is dict:
            where = (*state.path, "Choices", i)
            yield from (_condition(rule, where) if state.language == JSONATA else _comparison(rule, where))


def _condition(rule: dict[str, Json], where: Path) -> Iterator[Finding]:
    if "Condition" not in rule:
        if not rule.keys() & (f.RULE_FIELDS - f.RULE_FIELDS_JSONATA):
            yield Finding(where, "These fields are required: [Condition]", where)
    elif type(rule["Condition"]) is not bool and not is_expression(rule["Condition"]):
        at = (*where, "Condition")
        if not has_placeholder(rule["Condition"]):
            yield Finding(at, "Expected a boolean or a JSONata expression", at, hint='Write "{% ... %}"')
    for name in rule:
        if name in f.RULE_FIELDS_JSONATA:
            continue
        if name in f.RULE_FIELDS:
            yield wrong_language(name, JSONPATH, where, JSONATA)
        else:
            yield _unknown(name, where, f.RULE_FIELDS_JSONATA)


def _comparison(rule: dict[str, Json], where: Path) -> Iterator[Finding]:
    todo: list[tuple[dict[str, Json], Path]] = [(rule, where)]
    while todo:
        rule, path = todo.pop(0)
        top = len(path) == len(where)
        operators = [name for name in rule if name in f.OPERATORS or name in f.LOGICAL]
        for name in rule:
            if name in ("Condition", "Output") and name not in f.RULE_FIELDS:
                yield wrong_language(name, JSONATA, path, JSONPATH)
            elif name not in f.RULE_FIELDS:
                yield _unknown(name, path, f.RULE_FIELDS)
            elif name in ("Next", "Assign") and not top:
                yield Finding(
                    path, f"Field '{name}' is not supported", (*path, name), "key", "Only the outermost rule has it"
                )
        if not operators:
            if all(name in f.RULE_FIELDS for name in rule):
                yield Finding(path, "A choice rule needs a comparison operator, And, Or or Not", path)
        elif len(operators) > 1:
            message = f"There should only be one of the following fields: [{', '.join(operators)}]"
            yield Finding(path, message, (*path, operators[1]), "key", "Join comparisons with And")
        logical = [name for name in operators if name in f.LOGICAL]
        if "Variable" not in rule:
            if operators and not logical:
                yield Finding(path, "These fields are required: [Variable]", path)
        elif logical:
            yield Finding(
                path, "Field 'Variable' is not supported", (*path, "Variable"), "key", f"Move it into {logical[0]}"
            )
        else:
            yield from bad_field("Variable", f.VARIABLE, rule["Variable"], path, JSONPATH)
        if top and type(rule.get("Assign")) is dict:
            yield from bad_template(rule["Assign"], (*path, "Assign"), (*path, "Assign"))
        for name in operators:
            value, at = rule[name], (*path, name)
            if name not in f.LOGICAL:
                yield from _operand(name, value, path)
            elif name == "Not":
                if type(value) is dict:
                    todo.append((value, at))
                else:
                    yield Finding(at, "Expected value of type Object", at)
            elif type(value) is not list:
                yield Finding(at, "Expected value of type Array", at)
            elif not value:
                yield Finding(at, EMPTY, at, hint=f"{name} holds at least one rule")
            else:
                for i, inner in enumerate(value):
                    if type(inner) is dict:
                        todo.append((inner, (*at, i)))
                    else:
                        yield Finding((*at, i), "Expected value of type Object", (*at, i))


def _operand(name: str, value: Json, path: Path) -> Iterator[Finding]:
    yield from bad_field(name, f.OPERATORS[name], value, path, JSONPATH)
    if name.startswith("Timestamp") and not name.endswith("Path") and type(value) is str and not is_timestamp(value):
        yield _bad_timestamp((*path, name))


def _unknown(name: str, path: Path, known: Iterable[str]) -> Finding:
    return Finding(path, f"Field '{name}' is not supported", (*path, name), "key", like=(name, known))


# -- Wait ------------------------------------------------------------------------------------------------------------

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](?P<hours>\d\d):(?P<minutes>\d\d))\Z",
    re.ASCII,
)

_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_timestamp(text: str) -> bool:
    """Tell whether a text is an RFC 3339 timestamp with an upper-case T and a Z or an offset.

    >>> is_timestamp("2016-03-14T01:59:00Z"), is_timestamp("2016-03-14 01:59:00Z"), is_timestamp("2016-13-05T00:00:00Z")
    (True, False, False)
    """
    found = _TIMESTAMP.match(text)
    if found is None:
        return has_placeholder(text)
    year, month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5, 6))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = 29 if month == 2 and leap else _DAYS[month - 1] if 1 <= month <= 12 else 0
    if not 1 <= day <= days or hour > 23 or minute > 59 or second > 59:
        return False
    return found["hours"] is None or (int(found["hours"]) <= 18 and int(found["minutes"]) <= 59)


def _bad_timestamp(where: Path) -> Finding:
    return Finding(where, "String does not match RFC3339 timestamp", where, hint='Write it as "2016-03-14T01:59:00Z"')


@state_rule("ASL601", "timestamp", "Wait")
def timestamp(state: StateView) -> Findings:
    """A literal Timestamp is an RFC 3339 timestamp (recorded); in JSONata it may be an expression."""
    value = state.fields.get("Timestamp")
    if type(value) is str and not is_timestamp(value) and not (state.language == JSONATA and is_expression(value)):
        yield _bad_timestamp((*state.path, "Timestamp"))


# -- Parallel and Map ------------------------------------------------------------------------------------------------


@state_rule("ASL701", "branches", "Parallel")
def branches(state: StateView) -> Findings:
    """A Parallel has at least one branch, and each is a machine of its own."""
    value = state.fields.get("Branches")
    if value == []:
        where = (*state.path, "Branches")
        yield Finding(where, EMPTY, where, hint="Branches has at least one branch")
    for i, branch in _objects(state, "Branches"):
        if type(branch) is not dict:
            where = (*state.path, "Branches", i)
            yield Finding(where, "Expected value of type Object", where)


@state_rule("ASL702", "processor-config", "Map")
def processor_config(state: StateView) -> Findings:
    """ProcessorConfig's Mode is INLINE or DISTRIBUTED; a distributed one says its ExecutionType."""
    processor = state.fields.get("ItemProcessor")
    if type(processor) is not dict or "ProcessorConfig" not in processor:
        return
    where = (*state.path, "ItemProcessor", "ProcessorConfig")
    config = processor["ProcessorConfig"]
    if type(config) is dict:
        required = ("ExecutionType",) if config.get("Mode") == "DISTRIBUTED" else ()
        yield from bad_object(config, f.CONFIG_FIELDS, where, state.language, required)


@state_rule("ASL703", "express-distributed-map", "Map")
def express_distributed(state: StateView) -> Findings:
    """A distributed Map runs in Standard machines only (guide, "Distributed mode")."""
    if state.machine.express and is_distributed(state):
        where = (*state.path, "ItemProcessor", "ProcessorConfig", "Mode")
        yield Finding(where, "Express state machine does not support 'DISTRIBUTED' mode", where)


def is_distributed(state: StateView) -> bool:
    """Tell whether a Map runs its items as executions of their own."""
    processor = state.fields.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if type(processor) is dict else None
    return type(config) is dict and config.get("Mode") == "DISTRIBUTED"


@state_rule("ASL704", "label", "Map", code="INVALID_LABEL_NAME")
def label(state: StateView) -> Findings:
    """A Label, part of a Map Run's ARN, has 1 to 40 characters (recorded) and none that an ARN forbids."""
    value = state.fields.get("Label")
    where = (*state.path, "Label")
    if type(value) is not str or has_placeholder(value):
        return
    if not value:
        yield Finding(where, "Label cannot be empty", where)
    elif len(value) > f.MAX_LABEL:
        yield Finding(where, f"Label cannot exceed {f.MAX_LABEL} characters", where, hint=f"It has {len(value)}")
    elif bad := re.search(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]", value):
        yield Finding(where, f"Label cannot contain {bad[0]!r}", where)


@state_rule("ASL705", "distributed-only", "Map", severity="WARNING")
def distributed_only(state: StateView) -> Findings:
    """ItemReader, ItemBatcher, ResultWriter and Label do nothing in an inline Map."""
    if "ItemProcessor" in state.fields and not is_distributed(state):
        for name in ("ItemReader", "ItemBatcher", "ResultWriter", "Label"):
            if name in state.fields:
                where = (*state.path, name)
                yield Finding(where, f"{name} has an effect only in DISTRIBUTED mode", where, "key")


_MAP_PARTS: Final[tuple[tuple[str, Mapping[str, Field], tuple[tuple[str, ...], ...]], ...]] = (
    ("ItemReader", f.READER_FIELDS, ()),
    (
        "ItemBatcher",
        f.BATCHER_FIELDS,
        (("MaxItemsPerBatch", "MaxItemsPerBatchPath"), ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath")),
    ),
    ("ResultWriter", f.WRITER_FIELDS, ()),
)


@state_rule("ASL706", "map-parts", "Map")
def map_parts(state: StateView) -> Findings:
    """ItemReader, its ReaderConfig, ItemBatcher and ResultWriter have fields, types and ranges of their own."""
    for name, allowed, exclusive in _MAP_PARTS:
        value = state.fields.get(name)
        if type(value) is dict:
            required = ("Resource",) if name == "ItemReader" else ()
            yield from bad_object(value, allowed, (*state.path, name), state.language, required, exclusive)
    writer = state.fields.get("ResultWriter")
    config = writer.get("WriterConfig") if type(writer) is dict else None
    if type(config) is dict:
        where = (*state.path, "ResultWriter", "WriterConfig")
        yield from bad_object(config, f.WRITER_CONFIG_FIELDS, where, state.language)
    reader = state.fields.get("ItemReader")
    config = reader.get("ReaderConfig") if type(reader) is dict else None
    if type(config) is dict:
        where = (*state.path, "ItemReader", "ReaderConfig")
        yield from bad_object(
            config, f.READER_CONFIG_FIELDS, where, state.language, (), (("MaxItems", "MaxItemsPath"),)
        )


@state_rule("ASL708", "map-words", "Map")
def map_words(state: StateView) -> Findings:
    """A reader reads with getObject or listObjectsV2, a writer writes with putObject; their words are AWS's, and so are
    the fields that go together (guide, "ItemReader (Map)", "ResultWriter (Map)")."""
    for part, actions, name, words in _PART_WORDS:
        value = state.fields.get(part)
        if type(value) is not dict:
            continue
        yield from _part_resource(value.get("Resource"), actions, (*state.path, part, "Resource"))
        config, where = value.get(name), (*state.path, part, name)
        if type(config) is not dict:
            continue
        for field, allowed in words.items():
            inner = config.get(field)
            if type(inner) is str:
                yield from bad_word(field, inner, allowed, where)
        if part == "ItemReader":
            yield from _reader_config(config, where)


def _part_resource(value: Json, actions: tuple[str, ...], where: Path) -> Iterator[Finding]:
    if type(value) is str and not has_placeholder(value):
        found = re.fullmatch(r"arn:[^:]+:states:::s3:(\w+)", value)
        if found is None or found[1] not in actions:
            known = " or ".join(f"arn:aws:states:::s3:{action}" for action in actions)
            yield Finding(where, unrecognized(value), where, hint=f"It is {known}")


def _reader_config(config: dict[str, Json], where: Path) -> Iterator[Finding]:
    kind = config.get("InputType")
    if config.get("Transformation") == "LOAD_AND_FLATTEN" and "InputType" not in config:
        yield Finding(where, "These fields are required: [InputType]", where)
    if config.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in config:
        yield Finding(where, "These fields are required: [CSVHeaders]", where)
    for name, kinds in f.READER_FIELDS_BY_INPUT.items():
        if name in config and type(kind) is str and kind not in kinds and not has_placeholder(kind):
            hint = f"Only InputType {' or '.join(kinds)} has it"
            yield Finding(where, f"Field '{name}' is not supported", (*where, name), "key", hint)
    if "CSVHeaders" in config and config.get("CSVHeaderLocation") == "FIRST_ROW":
        hint = "The first row has the headers; or CSVHeaderLocation is GIVEN"
        yield Finding(where, "Field 'CSVHeaders' is not supported", (*where, "CSVHeaders"), "key", hint)
    pointer = config.get("ItemsPointer")
    if type(pointer) is str and pointer and not pointer.startswith("/") and not has_placeholder(pointer):
        at = (*where, "ItemsPointer")
        yield Finding(at, f"Invalid input: JSON Pointer expression must start with '/': \"{pointer}\"", at)


_PART_WORDS: Final[tuple[tuple[str, tuple[str, ...], str, Mapping[str, tuple[str, ...]]], ...]] = (
    ("ItemReader", ("getObject", "listObjectsV2"), "ReaderConfig", f.READER_WORDS),
    ("ResultWriter", ("putObject",), "WriterConfig", f.WRITER_WORDS),
)


@state_rule("ASL709", "empty-writer", "Map")
def empty_writer(state: StateView) -> Findings:
    """A ResultWriter writes to a bucket, or says in WriterConfig how results are formed, or both (guide)."""
    if state.fields.get("ResultWriter") == {}:
        where = (*state.path, "ResultWriter")
        yield Finding(where, "One of these fields is required: [Resource, WriterConfig]", where)


@state_rule("ASL707", "empty-batcher", "Map")
def empty_batcher(state: StateView) -> Findings:
    """An ItemBatcher says how large a batch is: by items, by bytes, or both (guide, "ItemBatcher")."""
    value = state.fields.get("ItemBatcher")
    if type(value) is dict and not any(name.startswith("Max") for name in value):
        where = (*state.path, "ItemBatcher")
        group = "MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath"
        yield Finding(where, f"One of these fields is required: [{group}]", where)


# -- advice ----------------------------------------------------------------------------------------------------------


@state_rule("ASL801", "result-is-static", "Pass", code="PASS_RESULT_IS_STATIC", severity="WARNING")
def result_is_static(state: StateView) -> Findings:
    """A Pass state's Result is taken as it stands: a ``x.$`` in it is not evaluated (recorded)."""
    value = state.fields.get("Result")
    if type(value) is dict:
        for name, inner in value.items():
            if name.endswith(".$") and type(inner) is str and inner.startswith("$"):
                where = (*state.path, "Result", name)
                message = f"Result is not evaluated, so '{name}' stays as it is"
                yield Finding((*state.path, "Result"), message, where, hint="Use Parameters for a path")


@state_rule("ASL802", "no-dollar", "Task", "Pass", "Parallel", "Map", code="NO_DOLLAR", severity="WARNING")
def no_dollar(state: StateView) -> Findings:
    """A value that looks like a path or an intrinsic function is taken literally unless its field ends with ``.$``."""
    if state.language != JSONPATH:
        return
    for name in ("Parameters", "ItemSelector", "ResultSelector", "Assign"):
        value = state.fields.get(name)
        if type(value) is not dict:
            continue
        todo: list[tuple[dict[str, Json], Path]] = [(value, (*state.path, name))]
        while todo:
            node, at = todo.pop()
            for key, inner in node.items():
                if type(inner) is dict:
                    todo.append((inner, (*at, key)))
                elif type(inner) is str and inner.startswith(("$.", "$$.", "States.")) and not key.endswith(".$"):
                    if inner.startswith("States.") and not inner.endswith(")"):
                        continue
                    message = f"'{key}' holds what looks like a path, but is taken literally"
                    yield Finding((*state.path, name), message, (*at, key), "key", f'Did you mean "{key}.$"?')


@state_rule("ASL804", "almost-an-expression", code="INVALID_JSONATA_EXPRESSION", severity="WARNING")
def almost_an_expression(state: StateView) -> Findings:
    """In JSONata only a text that starts with ``{%`` and ends with ``%}`` is an expression; one that does half of it, or
    with a space around it, is a text (recorded). The guide calls it an error; nobody has seen one."""
    if state.language != JSONATA:
        return
    inner = ("ItemProcessor", "Iterator", "Branches", "Comment")
    todo: list[tuple[Json, Path]] = [(v, (*state.path, name)) for name, v in state.fields.items() if name not in inner]
    while todo:
        node, at = todo.pop(0)
        if type(node) is dict:
            todo += [(value, (*at, key)) for key, value in node.items()]
        elif type(node) is list:
            todo += [(value, (*at, i)) for i, value in enumerate(node)]
        elif type(node) is str and not is_expression(node):
            bare = node.strip()
            if bare.startswith("{%") or bare.endswith("%}"):
                words = "The text looks like a JSONata expression, but is taken literally"
                yield Finding(at, words, at, hint='An expression starts with "{%" and ends with "%}"')


@state_rule("ASL803", "no-path", "Fail", "Choice", code="NO_PATH", severity="WARNING")
def no_path(state: StateView) -> Findings:
    """A path in a field whose name does not end with ``Path`` is a text like any other."""
    if state.language != JSONPATH:
        return
    if state.type == "Fail":
        yield from _not_a_path(("Error", "Cause"), state.fields, state.path)
        return
    todo: list[tuple[Json, Path]] = [(rule, (*state.path, "Choices", i)) for i, rule in _objects(state, "Choices")]
    while todo:
        rule, at = todo.pop()
        if type(rule) is not dict:
            continue
        yield from _not_a_path((name for name in rule if f"{name}Path" in f.OPERATORS), rule, at)
        for name in f.LOGICAL:
            inner = rule.get(name)
            if type(inner) is list:
                todo += [(each, (*at, name, i)) for i, each in enumerate(inner)]
            else:
                todo.append((inner, (*at, name)))


def _not_a_path(names: Iterable[str], fields: Mapping[str, Json], at: Path) -> Iterator[Finding]:
    for name in names:
        value = fields.get(name)
        if type(value) is str and value.startswith(("$.", "$$.")):
            message = f"'{name}' holds what looks like a path, but is taken literally"
            yield Finding((*at, name), message, (*at, name), "key", f'Did you mean "{name}Path"?')
