"""What fields, state types and functions mean, in a sentence each, with the limits that the tables have.

The sentences follow the States Language specification and AWS's developer guide; the numbers come from `language.fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sfnbook.editor.cursor import Cursor
from sfnbook.language import fields as f
from sfnbook.query.jsonpath.intrinsics import INTRINSICS

STATE_TEXTS: Final[Mapping[str, str]] = {
    "Task": "Does a piece of work: calls a Lambda function, an AWS API, an activity or an HTTP endpoint.",
    "Wait": "Waits for a number of seconds, or until a time.",
    "Pass": "Passes its input on, or makes data of it.",
    "Succeed": "Ends the machine, branch or iteration with success.",
    "Fail": "Ends the execution as failed, with an error and a cause.",
    "Choice": "Goes on to the state of the first rule that is true, else to its Default.",
    "Parallel": "Runs its branches at the same time; its result is the array of theirs.",
    "Map": "Runs its item processor for each item of an array or a data set.",
}

FIELD_TEXTS: Final[Mapping[str, str]] = {
    "StartAt": "The name of the state with which the machine begins.",
    "States": "The states by name. A name has 1 to 80 characters and is unique in the whole machine.",
    "Version": 'The version of the States Language: "1.0".',
    "Comment": "A description for people.",
    "QueryLanguage": "JSONPath (the default) or JSONata: how this machine or state chooses values.",
    "Type": "The state's type: " + ", ".join(f.STATE_TYPES) + ".",
    "Next": "The name of the state that comes next, in the same machine or branch.",
    "End": "true: the machine or branch ends after this state.",
    "Default": "The state to go on to when no rule is true. Without it, States.NoChoiceMatched.",
    "Resource": "What does the work: a Lambda function, an activity, or a service integration's ARN.",
    "Parameters": "What the task or the items are given; fields that end in .$ are paths or intrinsic functions.",
    "Arguments": "What the task is given; strings in {% %} are JSONata.",
    "InputPath": "The part of the state's input that it works with. null: an empty object.",
    "OutputPath": "The part of the data that is passed on. null: an empty object.",
    "ResultPath": "Where in the input the result is put. null: the result is dropped.",
    "ResultSelector": "A new result made of the result, before ResultPath.",
    "Output": "What the state passes on; strings in {% %} are JSONata.",
    "Assign": "Variables and their values, for the states that come later.",
    "Result": "The fixed data that a Pass state gives as its result.",
    "Retry": "Retriers: which errors are tried again, how often and when. The first that fits counts.",
    "Catch": "Catchers: where to go on after an error that no retrier takes. The first that fits counts.",
    "ErrorEquals": "Error names. States.ALL stands alone, in the last retrier or catcher.",
    "IntervalSeconds": "Seconds before the first retry; 1 by default.",
    "MaxAttempts": "The most retries; 3 by default, 0 for none.",
    "BackoffRate": "The interval is multiplied by this after each retry; 2.0 by default.",
    "MaxDelaySeconds": "The longest interval in seconds.",
    "JitterStrategy": "FULL: each interval is random between 0 and its length. NONE by default.",
    "TimeoutSeconds": "After so many seconds the state, or the execution, fails with States.Timeout.",
    "HeartbeatSeconds": "The most seconds between two heartbeats, else States.HeartbeatTimeout; less than TimeoutSeconds.",
    "Credentials": "The role that the task assumes: RoleArn.",
    "Seconds": "How many seconds to wait.",
    "Timestamp": "Until when to wait: RFC 3339, as 2026-11-28T06:00:00Z.",
    "Error": "The error's name.",
    "Cause": "A description of the error for people.",
    "Choices": "Rules, tried in order; the first that is true is followed.",
    "Variable": "The path of the value that is compared.",
    "Condition": "A JSONata expression in {% %} that gives true or false.",
    "And": "True when all of its rules are.",
    "Or": "True when one of its rules is.",
    "Not": "True when its rule is not.",
    "Branches": "The machines that run at the same time.",
    "ItemProcessor": "The machine that runs for each item.",
    "Iterator": "The older name of ItemProcessor.",
    "ProcessorConfig": "Mode INLINE (the default) or DISTRIBUTED with its ExecutionType.",
    "Items": "The items: an array, or JSONata that gives one.",
    "ItemsPath": "The path of the array in the input.",
    "ItemSelector": "What each iteration is given.",
    "ItemReader": "Reads the items of a distributed Map from S3.",
    "ItemBatcher": "Gives each child execution several items.",
    "ResultWriter": "Writes the results of a distributed Map to S3.",
    "Label": f"A name for the Map Run, at most {f.MAX_LABEL} characters.",
    "MaxConcurrency": "The most iterations at the same time; 0 (the default) for no limit of yours.",
    "ToleratedFailureCount": "So many failed items do not fail a distributed Map.",
    "ToleratedFailurePercentage": "So many failed items in a hundred do not fail a distributed Map.",
    "StringMatches": "True when the string fits a pattern, in which * stands for any characters.",
}

JSONATA_BUILT_IN: Final[Mapping[str, str]] = {
    "abs": "(number)",
    "append": "(array, array)",
    "average": "(array)",
    "boolean": "(value)",
    "ceil": "(number)",
    "contains": "(string, pattern)",
    "count": "(array)",
    "distinct": "(array)",
    "each": "(object, function)",
    "exists": "(value)",
    "filter": "(array, function)",
    "floor": "(number)",
    "formatNumber": "(number, picture)",
    "fromMillis": "(number, picture?)",
    "join": "(array, separator?)",
    "keys": "(object)",
    "length": "(string)",
    "lookup": "(object, key)",
    "lowercase": "(string)",
    "map": "(array, function)",
    "match": "(string, pattern)",
    "max": "(array)",
    "merge": "(array of objects)",
    "millis": "()",
    "min": "(array)",
    "not": "(value)",
    "now": "(picture?)",
    "number": "(value)",
    "pad": "(string, width, character?)",
    "power": "(base, exponent)",
    "reduce": "(array, function, start?)",
    "replace": "(string, pattern, replacement)",
    "reverse": "(array)",
    "round": "(number, precision?)",
    "shuffle": "(array)",
    "sift": "(object, function)",
    "sort": "(array, function?)",
    "split": "(string, separator)",
    "spread": "(object)",
    "sqrt": "(number)",
    "string": "(value)",
    "substring": "(string, start, length?)",
    "substringAfter": "(string, characters)",
    "substringBefore": "(string, characters)",
    "sum": "(array)",
    "toMillis": "(timestamp, picture?)",
    "trim": "(string)",
    "type": "(value)",
    "uppercase": "(string)",
    "zip": "(array, ...)",
}
"""The functions of JSONata 2.0 itself with their arguments (docs.jsonata.org)."""


def intrinsic_signature(name: str) -> str:
    """Return how many arguments an intrinsic function takes, as ``(2 arguments)``."""
    row = INTRINSICS[name]
    most = "or more" if row.most is None else "" if row.most == row.least else f"to {row.most}"
    count = " ".join(one for one in (str(row.least), most) if one)
    return f"({count} argument{'s' if count != '1' else ''})"


def field_text(name: str) -> str:
    """Return what a field means, "" for one that is not known."""
    if name in FIELD_TEXTS:
        return FIELD_TEXTS[name]
    if name.endswith("Path") and name.removesuffix("Path") in FIELD_TEXTS:
        return f"{name.removesuffix('Path')} by a path: {FIELD_TEXTS[name.removesuffix('Path')]}"
    if name in f.OPERATORS:
        return f"Compares the variable: {' '.join(re.findall('[A-Z][a-z]+', name))}."
    return ""


def describe(cursor: Cursor) -> str:
    """Return what stands at a cursor in Markdown, "" for nothing known."""
    word = cursor.text[slice(*cursor.span)].strip("\"'")
    if cursor.key:
        return _field(cursor, word)
    name = str(cursor.path[-1]) if cursor.path else ""
    if name == "Type" and word in STATE_TEXTS:
        return f"**{word}** {STATE_TEXTS[word]}"
    machine = cursor.state.machine if cursor.state is not None else cursor.machine
    if name in ("Next", "Default", "StartAt") and word in machine.states:
        state = machine.states[word]
        comment = state.node.get("Comment") if state.node is not None else None
        return f"**{word}** {state.type} state{f': {comment.value}' if comment is not None else ''}"
    called = re.match(r"States\.(\w+)", word)
    if called is not None and called[1] in INTRINSICS:
        return f"`States.{called[1]}{intrinsic_signature(called[1])}`"
    return ""


def _field(cursor: Cursor, name: str) -> str:
    words = field_text(name)
    table = f.STATE_FIELDS.get(cursor.state.type, {}) if cursor.state is not None else f.TOP_FIELDS
    parts = {**f.RETRIER_FIELDS, **f.BATCHER_FIELDS, **f.READER_CONFIG_FIELDS}
    spec = table.get(name) if len(cursor.path) == 1 else parts.get(name)
    if not words and spec is None:
        return ""
    limits: list[str] = []
    if spec is not None:
        limits.append(spec.kind)
        if spec.minimum is not None:
            limits.append(f"at least {spec.minimum:,}")
        if spec.maximum is not None:
            limits.append(f"at most {spec.maximum:,}")
        if spec.only is not None:
            limits.append(f"{spec.only} only")
        if spec.null:
            limits.append("or null")
    return f"**{name}** {words}" + (f"\n\n*{', '.join(limits)}*" if limits else "")
