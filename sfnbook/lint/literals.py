"""Lint rules about texts that look as if something were put into them, and are taken literally."""

from __future__ import annotations

import re
from typing import Any, Final

from sfnbook.language.rule import Finding, Findings, StateView
from sfnbook.lint.rule import state_rule
from sfnbook.lint.tasks import called, static_texts

_HOLDERS: Final = ("Parameters", "ResultSelector", "ItemSelector", "Assign", "Arguments", "Output")
_INSIDE: Final = re.compile(r"(?<=[\s/:=,_-])\$\$?(?:\.[A-Za-z_]\w*)+(?=$|[\s/:;,!?&-])")
_WHOLE: Final = frozenset({"Payload", "Input", "Message", "MessageBody", "Detail", "RequestBody", "Body"})


@state_rule("SFN308", "path-in-text")
def path_in_text(state: StateView) -> Findings:
    """A path stands inside a text, where it is not replaced.

    "url": "/orders/$.id/items"                                           # sent as it stands
    "url.$": "States.Format('/orders/{}/items', $.id)"
    """
    for name in _HOLDERS:
        value = state.fields.get(name)
        texts = static_texts({name: value}, state.path) if value is not None else ()
        for where, key, text in texts:
            if key.endswith(".$") or text.startswith(("{%", "States.")) or "'" in text or '"' in text:
                continue
            if text in ("$", "$$") and key in _WHOLE and state.language == "JSONPath":
                yield Finding(where, f"'{key}' is the text {text}", where, "key", f'Did you mean "{key}.$"?')
            elif match := _INSIDE.search(text):
                cure = _format(text) if state.language == "JSONPath" else "Write {% 'text' & $states.input.field %}"
                yield Finding(where, f"{match[0]} inside a text is not replaced", where, hint=cure)


def _format(text: str) -> str:
    paths = [match[0] for match in _INSIDE.finditer(text)]
    shown = _INSIDE.sub("{}", text)
    return (
        f"Write States.Format('{shown}', {', '.join(paths)}) for a field that ends with .$" if len(text) < 120 else ""
    )


@state_rule("SFN309", "parameters-as-text")
def parameters_as_text(state: StateView) -> Findings:
    """Parameters, or an ItemSelector, is a path written as text: the task gets the text itself.

    "Parameters": "$.order"                                               # "InputPath": "$.order"
    """
    for name in ("Parameters", "ItemSelector"):
        value = state.fields.get(name)
        if isinstance(value, str) and value.startswith("$") and "${" not in value:
            where = (*state.path, name)
            yield Finding(where, f"{name} is the text {value}, no path", where, hint=f'Write "InputPath": "{value}"')


@state_rule("SFN310", "pattern-is-no-regex")
def pattern_is_no_regex(state: StateView) -> Findings:
    """StringMatches has a regular expression: its only special character is ``*``, for any characters.

    "StringMatches": "^log-.*$"                                           # "log-*"
    """
    for where, key, text in static_texts(state.fields.get("Choices"), (*state.path, "Choices")):
        if key == "StringMatches" and (
            re.search(r"\.\*|\\\\?[dwsS]|\[[^\]]+\]", text) or re.fullmatch(r"\^.*\$", text)
        ):
            yield Finding(where, "StringMatches takes no regular expression", where, hint="* stands for any characters")


@state_rule("SFN311", "braces-of-another-language", "error")
def braces_of_another_language(state: StateView) -> Findings:
    """A text in double braces is no expression here: JSONata stands between ``{%`` and ``%}``.

    "Output": "{{ $states.input.id }}"                                    # "{% $states.input.id %}"
    """
    for name in _HOLDERS if state.language == "JSONata" else ():
        value: Any = state.fields.get(name)
        for where, _, text in static_texts({name: value}, state.path) if value is not None else ():
            if (match := re.fullmatch(r"\s*\{\{\s*(.*?)\s*\}\}\s*", text, re.DOTALL)) and "$" in match[1]:
                yield Finding(where, f"'{text[:60]}' is a text here", where, hint=f'Write "{{% {match[1]} %}}"')


@state_rule("SFN312", "payload-of-a-function")
def payload_of_a_function(state: StateView) -> Findings:
    """A function called by its own ARN returns its result itself; ``$.Payload`` is what ``lambda:invoke`` returns.

    "Resource": "arn:aws:lambda:...:function:f", "OutputPath": "$.Payload"
    """
    resource = called(state)
    if resource is None or resource.kind != "lambda" or state.language == "JSONata":
        return
    replaced = state.fields.get("ResultPath", "$") == "$"
    if replaced and "ResultSelector" not in state.fields and state.fields.get("OutputPath") == "$.Payload":
        where = (*state.path, "OutputPath")
        yield Finding(where, "A function called by its own ARN returns no Payload", where, hint="Leave out OutputPath")
