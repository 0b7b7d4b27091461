"""From JSONPath to JSONata, state by state, by rules that keep what a state does; what has no such rule stays.

A state that cannot be turned over keeps its JSONPath, with the reason: one machine may hold states of both (developer
guide, "Transforming data with JSONata"). Whether the rules kept their word is `proof`'s to show.

What differs by the languages' nature: a path that finds nothing fails with States.QueryEvaluationError instead of
States.Runtime, which a Catcher of States.ALL takes; a path that goes through a list, an index of what is no list and null
as a state's whole data fail in JSONPath only; Parameters are checked more closely than Arguments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sfnbook.convert import filters
from sfnbook.convert.exactness import NotConverted
from sfnbook.convert.filters import FilterStep
from sfnbook.language.placeholders import reminder
from sfnbook.query.jsonpath import intrinsics
from sfnbook.query.jsonpath.intrinsics import Call, Literal, PathArgument
from sfnbook.query.scope import ExpressionError
from sfnbook.values import Json

_STEP: Final = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^'\\]+)'\]|(\[\*\]|\.\*)|\[(\d*):(\d*)\]")
_NAME: Final = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_RESERVED: Final = frozenset({"and", "or", "in", "true", "false", "null", "function"})


def convert(definition: Mapping[str, Any], keep: frozenset[str] = frozenset()) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a JSONPath definition in JSONata, and the states that stay in JSONPath, each with the reason.

    keep: states that are to stay. Where every state is turned over, the machine says JSONata once, at its top.
    """
    if definition.get("QueryLanguage") == "JSONata":
        return dict(definition), {}
    reasons: dict[str, str] = {}
    made = _machine(definition, keep, reasons)
    if not reasons:
        made = _without_languages(made)
        made = {
            **{key: made[key] for key in ("Comment",) if key in made},
            "QueryLanguage": "JSONata",
            **{key: value for key, value in made.items() if key not in ("Comment", "QueryLanguage")},
        }
    return made, reasons


def _machine(machine: Mapping[str, Any], keep: frozenset[str], reasons: dict[str, str]) -> dict[str, Any]:
    states = {}
    for name, state in machine["States"].items():
        inner = _inside(state, keep, reasons)
        if state.get("QueryLanguage") == "JSONata":
            states[name] = inner
            continue
        try:
            if name in keep:
                raise NotConverted("the two versions did not do the same")
            states[name] = {"Type": inner["Type"], "QueryLanguage": "JSONata", **_state(inner)}
        except (NotConverted, ExpressionError) as reason:
            reasons[name] = str(reason)
            states[name] = inner
    return {**machine, "States": states}


def _inside(state: Mapping[str, Any], keep: frozenset[str], reasons: dict[str, str]) -> dict[str, Any]:
    made = dict(state)
    if "Branches" in made:
        made["Branches"] = [_machine(branch, keep, reasons) for branch in made["Branches"]]
    for name in ("ItemProcessor", "Iterator"):
        if name in made:
            made[name] = _machine(made[name], keep, reasons)
    return made


def _without_languages(value: Json) -> Json:
    if isinstance(value, dict) and "States" in value and "StartAt" in value:
        states = {
            name: _without_languages({key: one for key, one in state.items() if key != "QueryLanguage"})
            for name, state in value["States"].items()
        }
        return {**value, "States": states}
    if isinstance(value, dict):
        return {
            key: [_without_languages(one) for one in inner]
            if key == "Branches"
            else _without_languages(inner)
            if key in ("ItemProcessor", "Iterator")
            else inner
            for key, inner in value.items()
        }
    return value


# -- states ----------------------------------------------------------------------------------------------------------

_GONE: Final = frozenset(
    {
        "InputPath",
        "Parameters",
        "ResultSelector",
        "ResultPath",
        "OutputPath",
        "Result",
        "Assign",
        "Catch",
        "Choices",
        "ItemsPath",
    }
    | {"ItemSelector", "Iterator", "Type", "QueryLanguage"}
)
_NUMBERS: Final = frozenset(
    f"{name}Path"
    for name in (
        "Seconds",
        "TimeoutSeconds",
        "HeartbeatSeconds",
        "MaxConcurrency",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
    )
)
"""Fields whose paths may lead to a number written as text, which JSONata does not take (recorded)."""

INPUT: Final = "$states.input"
RESULT: Final = "$states.result"


def _state(state: Mapping[str, Any]) -> dict[str, Any]:
    type_ = state["Type"]
    made: dict[str, Any] = {}
    for name, value in state.items():
        if name.endswith("Path") and name not in _GONE and not name.endswith(("InputPath", "OutputPath", "ResultPath")):
            made[name.removesuffix("Path")] = (
                _number(value, INPUT) if name in _NUMBERS else _expression(_dynamic(value, INPUT))
            )
        elif name not in _GONE:
            made[name] = value
    if type_ in ("Wait", "Succeed", "Fail", "Choice"):
        if type_ == "Choice":
            entering = _entering(state)
            made["Choices"] = [_rule(rule, entering) for rule in state["Choices"]]
        for field in ("SecondsPath", "TimestampPath", "ErrorPath", "CausePath"):
            if field in state:
                text = _dynamic(state[field], _entering(state))
                made[field.removesuffix("Path")] = _expression(_as_number(text) if field in _NUMBERS else text)
        output = _out(_entering(state), state)
        if output != INPUT and type_ != "Fail":
            made["Output"] = _expression(output)
        if "Assign" in state:
            made["Assign"] = _template(state["Assign"], _entering(state))
        return made
    entering = _entering(state)
    if type_ == "Pass":
        return {**made, **_pass(state, entering)}
    if type_ == "Map":
        made.update(_map(state, entering))
    elif "Parameters" in state:
        made["Arguments"] = _template(state["Parameters"], entering)
    elif type_ == "Task" or entering != INPUT:
        made["Arguments"] = _expression(entering)
    selected: Json = _template(state["ResultSelector"], RESULT) if "ResultSelector" in state else None
    result = _written(selected) if "ResultSelector" in state else RESULT
    output = _out(_placed(result, state.get("ResultPath", "$")), state)
    if output != RESULT:
        whole = "ResultSelector" in state and output == result
        made["Output"] = selected if whole else _expression(output)
    if "Assign" in state:
        base = result if result == RESULT else f"({result})"
        made["Assign"] = _template(state["Assign"], base)
    if "Catch" in state:
        made["Catch"] = [_catcher(one) for one in state["Catch"]]
    return made


def _entering(state: Mapping[str, Any]) -> str:
    path = state.get("InputPath", "$")
    return "{}" if path is None else _path(path, INPUT)


def _out(value: str, state: Mapping[str, Any]) -> str:
    path = state.get("OutputPath", "$")
    if path is None:
        return "{}"
    return _path(path, value if value.startswith("$states.") or path == "$" else f"({value})")


def _pass(state: Mapping[str, Any], entering: str) -> dict[str, Any]:
    plain: Json = None
    if "Result" in state:
        plain = state["Result"]
        if _looks_dynamic(plain):
            raise NotConverted("its Result holds a text that JSONata would evaluate")
        result = _literal(plain)
    elif "Parameters" in state:
        plain = _template(state["Parameters"], entering)
        result = _written(plain)
    else:
        result = entering
    made: dict[str, Any] = {}
    output = _out(_placed(result, state.get("ResultPath", "$")), state)
    if output == result and plain is not None:
        made["Output"] = plain
    elif output != INPUT:
        made["Output"] = _expression(output)
    if "Assign" in state:
        made["Assign"] = _template(state["Assign"], result if result.startswith("$") else f"({result})")
    return made


def _map(state: Mapping[str, Any], entering: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "ItemReader" in state:
        if "ItemsPath" in state:
            raise NotConverted("a Map with ItemReader and ItemsPath")
        made["ItemReader"] = _reader(state["ItemReader"], entering)
    else:
        made["Items"] = _expression(_path(state.get("ItemsPath", "$"), entering))
    if "ItemBatcher" in state:
        made["ItemBatcher"] = _batcher(state["ItemBatcher"], entering)
    if "ResultWriter" in state:
        made["ResultWriter"] = _arguments(state["ResultWriter"], entering)
    selector = state.get("ItemSelector", state.get("Parameters"))
    if selector is not None:
        made["ItemSelector"] = _template(selector, entering)
    processor = state.get("ItemProcessor", state.get("Iterator"))
    return {**made, "ItemProcessor": processor}


def _arguments(holder: Mapping[str, Any], entering: str) -> dict[str, Any]:
    """Return an ItemReader or ResultWriter: its Parameters are called Arguments."""
    return {
        ("Arguments" if name == "Parameters" else name): _template(value, entering) if name == "Parameters" else value
        for name, value in holder.items()
    }


def _reader(reader: Mapping[str, Any], entering: str) -> dict[str, Any]:
    made = _arguments(reader, entering)
    if "ReaderConfig" in made:
        made["ReaderConfig"] = _numbers(made["ReaderConfig"], entering)
    return made


def _batcher(batcher: Mapping[str, Any], entering: str) -> dict[str, Any]:
    made = _numbers(batcher, entering)
    if "BatchInput" in made:
        made["BatchInput"] = _template(made["BatchInput"], entering)
    return made


def _numbers(holder: Mapping[str, Any], entering: str) -> dict[str, Any]:
    """Return fields whose ``...Path`` forms are expressions; a text that is a number counts as one there (recorded)."""
    return {
        name.removesuffix("Path"): _number(value, entering) if name.endswith("Path") else value
        for name, value in holder.items()
    }


def _number(path: str, entering: str) -> str:
    return _expression(_as_number(_dynamic(path, entering)))


def _as_number(text: str) -> str:
    """Return a value where a text may be a number, too; $number alone would take true for 1."""
    return f"($type({text}) = 'string' ? $number({text}) : {text})"


def _catcher(catcher: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in catcher.items() if key not in ("ResultPath", "Assign")}
    output = _placed("$states.errorOutput", catcher.get("ResultPath", "$"))
    if output != "$states.errorOutput":
        made["Output"] = _expression(output)
    if "Assign" in catcher:
        made["Assign"] = _template(catcher["Assign"], "$states.errorOutput")
    return made


def _placed(result: str, path: Json) -> str:
    """Return the input with a result at ResultPath's place."""
    if path is None:
        return INPUT
    if path == "$":
        return result
    steps = _steps(path)
    names = [name for name in steps if isinstance(name, str)]
    if len(names) != len(steps):
        raise NotConverted(f"ResultPath {path} names an array's item")
    return _merged(INPUT, names, result)


def _merged(base: str, names: list[str], result: str) -> str:
    first, *rest = names
    inner = result
    if rest:
        place = base + _step(first)
        wrong = f"$error({_literal('there is no object at ' + first)})"
        there = f"($exists({place}) ? ($type({place}) = 'object' ? {place} : {wrong}) : {{}})"
        inner = _merged(there, rest, result)
    return f"$merge([{base}, {{{_literal(first)}: {inner}}}])"


# -- choice rules ----------------------------------------------------------------------------------------------------

_TYPES: Final = {"String": "string", "Numeric": "number", "Boolean": "boolean"}
_SIGNS: Final = {"Equals": "=", "LessThan": "<", "LessThanEquals": "<=", "GreaterThan": ">", "GreaterThanEquals": ">="}


def _rule(rule: Mapping[str, Any], entering: str) -> dict[str, Any]:
    made: dict[str, Any] = {"Condition": _expression(_condition(rule, entering)), "Next": rule["Next"]}
    if "Comment" in rule:
        made["Comment"] = rule["Comment"]
    if "Assign" in rule:
        made["Assign"] = _template(rule["Assign"], entering)
    return made


def _condition(rule: Mapping[str, Any], entering: str) -> str:
    for name, word in (("And", " and "), ("Or", " or ")):
        if name in rule:
            return "(" + word.join(_condition(one, entering) for one in rule[name]) + ")"
    if "Not" in rule:
        return f"$not({_condition(rule['Not'], entering)})"
    value = _path(rule["Variable"], entering)
    [(operator, wanted)] = [
        (key, one) for key, one in rule.items() if key not in ("Variable", "Next", "Comment", "Assign")
    ]
    if operator == "IsPresent":
        there = _present(rule["Variable"], value, entering)
        return there if wanted else f"$not({there})"
    test = _test(operator, wanted, value, entering)
    missing = f"$error({_literal(rule['Variable'] + ' is missing')})"
    return f"($exists({value}) ? {test} : {missing})"


def _present(variable: str, value: str, entering: str) -> str:
    """Return whether a path finds something: JSONata would also look into each item of an array on the way."""
    tests, root = [], _path(variable[: 2 if variable.startswith("$$") else 1], entering)
    steps = (
        []
        if re.match(r"\$\w", variable)
        else _parse(variable.strip()[2 if variable.startswith("$$") else 1 :], variable)
    )
    for index, step in enumerate(steps):
        if index or isinstance(step, int):
            tests.append(f"$type({root}) = '{'array' if isinstance(step, int) else 'object'}'")
        if not isinstance(step, (str, int)) or step == "*":
            return f"$exists({value})"
        root += _step(step)
    exists = f"$exists({value})"
    return f"({' and '.join([*tests, exists])})" if tests else exists


def _test(operator: str, wanted: Json, value: str, entering: str) -> str:
    for name, kind in (("IsNull", "null"), ("IsNumeric", "number"), ("IsString", "string"), ("IsBoolean", "boolean")):
        if operator == name:
            return f"$type({value}) {'=' if wanted else '!='} '{kind}'"
    if operator == "StringMatches":
        pattern = "".join(_glob(wanted))
        return f"($type({value}) = 'string' and $contains({value}, /^{pattern}$/))"
    match = re.fullmatch(r"(String|Numeric|Boolean)(\w+?)(Path)?", operator)
    if match is None or match[2] not in _SIGNS:
        raise NotConverted(f"{operator} compares timestamps as JSONata cannot")
    kind, sign = _TYPES[match[1]], _SIGNS[match[2]]
    other = _path(wanted, entering) if match[3] else _literal(wanted)
    same = f" and $type({other}) = '{kind}'" if match[3] else ""
    return f"($type({value}) = '{kind}'{same} and {value} {sign} {other})"


def _glob(pattern: str) -> list[str]:
    if not re.fullmatch(r"[ -~]*", pattern) or "\\" in pattern:
        raise NotConverted(f"the pattern {pattern}")
    return ["[\\s\\S]*" if char == "*" else _in_regex(char) for char in pattern]


def _in_regex(char: str) -> str:
    return f"\\{char}" if char in r"\.|-[]^$/(){}*+?" else char


# -- templates and expressions ---------------------------------------------------------------------------------------


def _template(node: Json, base: str) -> Json:
    if isinstance(node, dict):
        made: dict[str, Any] = {}
        for key, value in node.items():
            made[key.removesuffix(".$")] = (
                _expression(_dynamic(value, base)) if key.endswith(".$") else _template(value, base)
            )
        return made
    if isinstance(node, list):
        return [_template(one, base) for one in node]
    if _looks_dynamic(node):
        raise NotConverted("a text that JSONata would evaluate")
    return node


def _written(node: Json) -> str:
    """Return a converted template as one expression."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_written(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(_written(one) for one in node) + "]"
    if isinstance(node, str) and node.startswith("{%"):
        text = node[2:-2].strip()
        return _needed(text) if _BARE.fullmatch(text) else f"({text})"
    return _literal(node)


_BARE: Final = re.compile(r"\$[\w.`\[\]-]+")
_SURE: Final = re.compile(r"\$states\.(?:input|result|errorOutput|context(?:\..*)?)|\$(?!states\b)\w+")


def _needed(text: str) -> str:
    """Return a plain path inside a larger expression, where JSONata would pass over one that finds nothing."""
    if not _BARE.fullmatch(text) or _SURE.fullmatch(text):
        return text
    shown = text.replace("$states.input", "$").replace("$states.result", "$").replace("`", "")
    return f"($exists({text}) ? {text} : $error({_literal(shown + ' is missing')}))"


def _looks_dynamic(node: Json) -> bool:
    if isinstance(node, dict):
        return any(map(_looks_dynamic, node.values()))
    if isinstance(node, list):
        return any(map(_looks_dynamic, node))
    return isinstance(node, str) and node.startswith("{%") and node.endswith("%}")


def _expression(text: str) -> str:
    return f"{{% {text} %}}"


def _literal(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _dynamic(text: str, base: str) -> str:
    return _call(intrinsics.parse(text), base) if intrinsics.is_call(text) else _path(text, base)


def _path(text: str, base: str) -> str:
    """Return a path as an expression: ``$`` is ``base``, ``$$`` the Context object, ``$name`` a variable."""
    text = text.strip()
    if text.startswith("$$"):
        rest, root = text[2:], "$states.context"
    elif match := re.match(r"\$([A-Za-z_]\w*)", text):
        rest, root = text[match.end() :], match[0]
    else:
        rest, root = text[1:], base
    steps = _parse(rest, text)
    many = [index for index, step in enumerate(steps) if step == "*" or isinstance(step, (slice, FilterStep))]
    if not many:
        return root + "".join(_step(step) for step in steps if isinstance(step, (str, int)))
    if len(many) > 1:
        raise NotConverted(f"the path {text} has more than one wildcard")
    at = many[0]
    if not at and isinstance(steps[at], slice):
        raise NotConverted(f"the path {text} is a slice of all data, which fails")
    before, after = (
        "".join(_step(one) for one in part if isinstance(one, (str, int))) for part in (steps[:at], steps[at + 1 :])
    )
    step = steps[at]
    if isinstance(step, FilterStep):
        names = [one for one in steps[at + 1 :] if isinstance(one, str)]
        if len(names) < len(steps) - at - 1:
            raise NotConverted(f"the path {text} has an index after a filter")
        way = [one for one in steps[:at] if isinstance(one, str)]
        items = filters.value_of(way, root) if len(way) == at > 1 else root + before
        return _filtered(items, step, names)
    return _chosen(root + before, step, after)


def _filtered(items: str, step: FilterStep, names: list[str]) -> str:
    """Return the list of what a filter keeps: items of a list, or the object itself, none of null; anything else fails."""
    listed = "$type($list) = 'array' ? $list : $type($list) = 'object' ? [$list]"
    refused = "$exists($list) and $list != null ? $error('there is no list to filter') : []"
    holder = f"($list := {items}; {listed} : {refused})"
    value = filters.value_of(names)
    added = f"($v := {value}; $exists($v) ? $append($all, $type($v) = 'array' ? [[$v]] : $v) : $all)"
    return f"$reduce({holder}, function($all, $item) {{ {step.condition} ? {added} : $all }}, [])"


def _chosen(items: str, which: str | int | slice | FilterStep, after: str) -> str:
    """Return the list of what a path with a wildcard or a slice finds: of one item still a list, of lists as they are."""
    if isinstance(which, slice):
        items = f"($exists({items}) ? {_array(items)} : [])"
    else:
        items = f"($type({items}) = 'array' ? {items} : [])"
        if not after:
            return items
    value = f"$item{after}"
    tests = [f"$exists({value})"] if after else []
    if isinstance(which, slice):
        tests += [f"$index >= {which.start}"] if which.start else []
        tests += [f"$index < {which.stop}"] if which.stop is not None else []
    added = f"$append($all, $type({value}) = 'array' ? [[{value}]] : {value})"
    taken = f"{' and '.join(tests)} ? {added} : $all" if tests else added
    return f"$reduce({items}, function($all, $item, $index) {{ {taken} }}, [])"


def _steps(text: str) -> list[str | int]:
    return [step for step in _parse(text[1:], text) if isinstance(step, (str, int))]


def _parse(rest: str, text: str) -> list[str | int | slice | FilterStep]:
    steps: list[str | int | slice | FilterStep] = []
    at = 0
    while at < len(rest):
        opening = at + rest.startswith(".[", at)  # "$.[0]" reads as "$[0]"
        if rest.startswith("[?", opening):
            step, at = filters.read(rest, opening)
            steps.append(step)
            continue
        match = _STEP.match(rest, at)
        if match is None:
            filled = f". {said}" if (said := reminder(text)) else ""
            raise NotConverted(f"the path {text}{filled}")
        if match[5] is not None:
            steps.append(slice(int(match[5] or 0), int(match[6]) if match[6] else None))
        else:
            steps.append("*" if match[4] else int(match[2]) if match[2] else match[1] or match[3])
        at = match.end()
    return steps


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _NAME.match(step) and step not in _RESERVED else f".`{step}`"


def _call(call: Call, base: str) -> str:
    def argument(one: Literal | PathArgument | Call) -> str:
        match one:
            case Literal(value):
                return _literal(value)
            case PathArgument(text):
                return _needed(_path(text, base))
            case Call():
                return _call(one, base)

    values = [argument(one) for one in call.arguments]
    match call.name, values:
        case "Format", [_, *rest]:
            return _format(call, rest)
        case "JsonToString", [one]:
            inside = f'$string({{"v": {one}}})'
            return f"$substring({inside}, 5, $length({inside}) - 6)"
        case "StringToJson", [one]:
            return f"$parse({one})"
        case "ArrayLength", [one]:
            return f"$count({_array(one)})"
        case "ArrayGetItem", [one, index]:
            found = "$at >= 0 and $at < $count($list) ? $list[$at] : $error('there is no such item')"
            return f"($list := {_array(one)}; $at := {index}; $count($list) = 0 ? null : {found})"
        case "ArrayContains", [one, wanted]:
            return f"($count($filter({_array(one)}, function($item) {{ $item = {wanted} }})) > 0)"
        case "Array", _:
            made = "[]"
            for text, given in zip(values, call.arguments, strict=True):
                made = f"$append({made}, {_element(text, given)})"
            return made
        case "ArrayPartition", [one, count]:
            return f"$partition({_array(one)}, {count})"
        case "ArrayRange", [first, last, step]:
            return f"[$range({first}, {last}, {step})]"
        case "JsonMerge", [one, other, "false"]:
            return f"$merge([{one}, {other}])"
        case "Base64Encode" | "Base64Decode", [one]:
            return f"${call.name[0].lower()}{call.name[1:].replace('64E', '64e').replace('64D', '64d')}({one})"
        case "Hash", [one, algorithm]:
            return f"$hash({one}, {algorithm})"
        case "UUID", []:
            return "$uuid()"
        case "MathAdd", [one, other]:
            return f"($floor({one} + 0.5) + $floor({other} + 0.5))"
        case "StringSplit", [one, _]:
            return _split(one, call.arguments[1])
    raise NotConverted(f"States.{call.name} has no exact counterpart")


def _array(text: str) -> str:
    """Return what must be an array: JSONata's functions take any other value for an array of one."""
    if text.startswith(("[", "$append(")):
        return text
    return f"($type({text}) = 'array' ? {text} : $error('an array is wanted'))"


def _element(text: str, one: Literal | PathArgument | Call) -> str:
    """Return what $append adds as one element: it takes an array for its elements."""
    if isinstance(one, Literal):
        return text
    return f"($type({text}) = 'array' ? [[{text}]] : {text})"


def _split(text: str, separators: Literal | PathArgument | Call) -> str:
    if not isinstance(separators, Literal) or not re.fullmatch(r"[ -~]+", str(separators.value)):
        raise NotConverted("States.StringSplit with such separators")
    letters = "".join(_in_regex(char) for char in str(separators.value))
    parts = f"$split({text}, /[{letters}]/)"
    return f"[$filter({parts}, function($part) {{ $part != '' }})]"


def _format(call: Call, values: list[str]) -> str:
    head = call.arguments[0]
    if not isinstance(head, Literal) or not isinstance(head.value, str):
        raise NotConverted("States.Format with a template that is no text")
    pieces = re.split(r"(?<!\\)\{\}", head.raw)
    if len(pieces) != len(values) + 1:
        raise NotConverted("States.Format with too few or too many arguments")
    plain = [re.sub(r"\\(.)", r"\1", piece) for piece in pieces]
    parts = [_literal(plain[0])] if plain[0] or not values else []
    for value, piece in zip(values, plain[1:], strict=True):
        parts.append(f"$string({value})")
        if piece:
            parts.append(_literal(piece))
    return " & ".join(parts)
