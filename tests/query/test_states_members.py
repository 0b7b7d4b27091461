"""What a JSONata field sees of ``$states``, in one table over all states and fields."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import validate

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
RESULT, ERROR = "$states.result", "$states.errorOutput"


@pytest.mark.parametrize(
    ("type_", "field", "sees"),
    [
        ("Pass", "Output", set()),
        ("Pass", "Assign", set()),
        ("Succeed", "Output", set()),
        ("Fail", "Cause", set()),
        ("Fail", "Error", set()),
        ("Wait", "Seconds", set()),
        ("Wait", "Timestamp", set()),
        ("Wait", "Output", set()),
        ("Wait", "Assign", set()),
        ("Choice", "Output", set()),
        ("Choice", "Assign", set()),
        ("Choice", "Choices/0/Condition", set()),
        ("Choice", "Choices/0/Output", set()),
        ("Choice", "Choices/0/Assign", set()),
        *[(t, f, {RESULT}) for t in ("Task", "Parallel", "Map") for f in ("Output", "Assign")],
        *[(t, f"Catch/0/{f}", {ERROR}) for t in ("Task", "Parallel", "Map") for f in ("Output", "Assign")],
        *[("Task", f, set()) for f in ("Arguments", "TimeoutSeconds", "HeartbeatSeconds", "Credentials/RoleArn")],
        ("Parallel", "Arguments", set()),
        *[("Map", f, set()) for f in ("Items", "ItemSelector", "MaxConcurrency", "ToleratedFailureCount")],
        ("Map", "ToleratedFailurePercentage", set()),
        ("Map", "ItemBatcher/MaxItemsPerBatch", set()),
        ("Map", "ItemBatcher/BatchInput", set()),
        ("Map", "ItemReader/Arguments", set()),
        ("Map", "ItemReader/ReaderConfig/MaxItems", set()),
        ("Map", "ResultWriter/Arguments", set()),
    ],
)
def test_which_field_sees_which_member_of_states(type_: str, field: str, sees: set[str]) -> None:
    """A member that a field does not see is refused when the machine is created (guide)."""
    for member in ("$states.input", "$states.context", RESULT, ERROR, "$states.other"):
        definition = machine_with(type_, field, "{% " + member + " %}")
        diagnostics = [d for d in validate(definition)["diagnostics"] if d["severity"] == "ERROR"]
        if member in ("$states.input", "$states.context") or member in sees:
            assert diagnostics == []
        else:
            assert [(d["code"], d["message"]) for d in diagnostics] == [
                ("UNSUPPORTED_JSONATA_EXPRESSION", f"Field '{member}' does not exist.")
            ]


def machine_with(type_: str, field: str, value: str) -> dict[str, Any]:
    """Return a machine whose one state of this type has the value in this field (``Catch/0/Output``)."""
    inner: dict[str, Any] = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "b", "Key": "k"}}
    work: dict[str, Any] = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}], "Next": "Z"}
    bodies: dict[str, dict[str, Any]] = {
        "Task": {**work, "Resource": FUNCTION + "f"},
        "Parallel": {**work, "Branches": [inner]},
        "Map": {**work, "ItemProcessor": inner},
        "Choice": {"Choices": [{"Condition": True, "Next": "Z"}], "Default": "Z"},
        "Wait": {"Next": "Z"} if field in ("Seconds", "Timestamp") else {"Seconds": 1, "Next": "Z"},
        "Pass": {"Next": "Z"},
        "Succeed": {},
        "Fail": {},
    }
    state = {"Type": type_, **bodies[type_]}
    if field.startswith(("ItemReader", "ItemBatcher", "ResultWriter", "Tolerated")):
        config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        state["ItemProcessor"] = {**inner, "ProcessorConfig": config}
        state["ItemReader"] = reader
    if field.startswith("ItemBatcher"):
        state["ItemBatcher"] = {"MaxItemsPerBatch": 1}
    if field.startswith("ResultWriter"):
        state["ResultWriter"] = {"Resource": "arn:aws:states:::s3:putObject"}
    *outer, last = field.split("/")
    holder: Any = state
    for step in outer:
        holder = holder[int(step)] if step.isdecimal() else holder.setdefault(step, {})
    holder[last] = {"x": value} if last in ("Assign", "BatchInput", "Arguments", "ItemSelector") else value
    start = {"Type": "Choice", "Choices": [{"Condition": True, "Next": "S"}], "Default": "Z"}
    return {"QueryLanguage": "JSONata", "StartAt": "Q", "States": {"Q": start, "S": state, "Z": {"Type": "Succeed"}}}
