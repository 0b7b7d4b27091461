"""A Map's reader, writer and scopes: what is refused when a machine is created."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import validate

PASS = {"Type": "Pass", "End": True}
GET, LIST, PUT = (f"arn:aws:states:::s3:{action}" for action in ("getObject", "listObjectsV2", "putObject"))


def said(**fields: Any) -> list[tuple[str, str]]:
    """What is said of a distributed Map with these fields: (message, location)."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "A", "States": {"A": PASS}}
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}}}
    return [(d["message"], d["location"]) for d in validate(machine)["diagnostics"]]


def reader(resource: str = GET, **config: Any) -> dict[str, Any]:
    return {"Resource": resource, "Parameters": {"Bucket": "b"}, "ReaderConfig": config}


CONFIG = "/States/M/ItemReader/ReaderConfig"


@pytest.mark.parametrize(
    "config",
    [
        {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "TAB"},
        {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"]},
        {"InputType": "JSON", "ItemsPointer": "/a/b"},
        {"InputType": "JSON", "ItemsPointer": ""},
        {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
        {"InputType": "PARQUET", "ManifestType": "ATHENA_DATA"},
        {"InputType": "MANIFEST", "ManifestType": "S3_INVENTORY"},
        {"Transformation": "NONE"},
        {},
    ],
)
@pytest.mark.parametrize("resource", [GET, LIST])
def test_a_reader_config_that_is_right(resource: str, config: dict[str, Any]) -> None:
    assert said(ItemReader=reader(resource, **config)) == []


@pytest.mark.parametrize(
    ("config", "message", "place"),
    [
        ({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}, "These fields are required: [CSVHeaders]", ""),
        ({"Transformation": "LOAD_AND_FLATTEN"}, "These fields are required: [InputType]", ""),
        (
            {"InputType": "JSON", "ItemsPointer": "rows"},
            "Invalid input: JSON Pointer expression must start with '/': \"rows\"",
            "/ItemsPointer",
        ),
        *(
            ({"InputType": kind, field: value}, f"Field '{field}' is not supported", "")
            for field, value, kinds in [
                ("ItemsPointer", "/a", ("CSV", "JSONL", "PARQUET", "MANIFEST")),
                ("CSVDelimiter", "TAB", ("JSON", "JSONL", "PARQUET", "MANIFEST")),
                ("CSVHeaders", ["a"], ("JSON", "JSONL", "PARQUET")),
                ("CSVHeaderLocation", "FIRST_ROW", ("JSON", "JSONL", "PARQUET")),
                ("ManifestType", "ATHENA_DATA", ("JSON",)),
            ]
            for kind in kinds
        ),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVHeaders": ["a"]},
            "Field 'CSVHeaders' is not supported",
            "",
        ),
        *(
            (
                {"InputType": kind, field: "NO"},
                f"The field '{field}' should have one of these values: [{words}]",
                f"/{field}",
            )
            for kind, field, words in [
                ("CSV", "CSVDelimiter", "COMMA, PIPE, SEMICOLON, SPACE, TAB"),
                ("JSON", "Transformation", "NONE, LOAD_AND_FLATTEN"),
                ("CSV", "ManifestType", "S3_INVENTORY, ATHENA_DATA"),
            ]
        ),
    ],
)
def test_a_reader_config_that_is_wrong(config: dict[str, Any], message: str, place: str) -> None:
    assert said(ItemReader=reader(**config)) == [(message, CONFIG + place)]


@pytest.mark.parametrize(
    ("part", "resource"),
    [
        ("ItemReader", "arn:aws:states:::dynamodb:scan"),
        ("ItemReader", "arn:aws:states:::s3:putObject"),
        ("ItemReader", "arn:aws:states:::aws-sdk:s3:getObject"),
        ("ItemReader", "arn:aws:lambda:us-east-1:123456789012:function:f"),
        ("ResultWriter", "arn:aws:states:::s3:getObject"),
        ("ResultWriter", "arn:aws:states:::dynamodb:putItem"),
    ],
)
def test_what_cannot_read_or_write(part: str, resource: str) -> None:
    [(message, location)] = said(**{part: {"Resource": resource, "Parameters": {"Bucket": "b"}}})
    assert message.startswith(f"The resource provided {resource} is not recognized.")
    assert location == f"/States/M/{part}/Resource"


@pytest.mark.parametrize(
    ("writer", "message", "place"),
    [
        ({}, "One of these fields is required: [Resource, WriterConfig]", ""),
        ({"WriterConfig": {"Compression": "GZIP"}}, "Field 'Compression' is not supported", "/WriterConfig"),
        (
            {"WriterConfig": {"Transformation": "LOAD_AND_FLATTEN"}},
            "The field 'Transformation' should have one of these values: [NONE, COMPACT, FLATTEN]",
            "/WriterConfig/Transformation",
        ),
        (
            {"WriterConfig": {"OutputType": "CSV"}},
            "The field 'OutputType' should have one of these values: [JSON, JSONL]",
            "/WriterConfig/OutputType",
        ),
        ({"WriterConfig": {"OutputType": 1}}, "Expected value of type String", "/WriterConfig/OutputType"),
    ],
)
def test_a_result_writer_that_is_wrong(writer: dict[str, Any], message: str, place: str) -> None:
    assert said(ResultWriter=writer) == [(message, f"/States/M/ResultWriter{place}")]


def test_a_result_writer_that_is_right() -> None:
    assert said(ResultWriter={"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}) == []
    assert said(ResultWriter={"Resource": PUT, "Parameters": {"Bucket": "b"}}) == []


ASSIGNING: dict[str, dict[str, Any]] = {
    "Pass": {**PASS, "Assign": {"x.$": "$"}},
    "JSONata Pass": {**PASS, "QueryLanguage": "JSONata", "Assign": {"x": 1}},
    "Task": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True},
}
CAUGHT = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B", "Assign": {"x": 1}}]}
RULE = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "B", "Assign": {"x": 1}}]}


def scoped(kind: str, outer: str, name: str, inner: dict[str, Any]) -> list[tuple[str, str]]:
    """What is said of a machine that assigns ``name`` outside, before a Parallel or Map around ``inner``."""
    machine = {"StartAt": "A", "States": {"A": inner, "B": PASS} if inner.get("End") is None else {"A": inner}}
    if "Catch" in inner:
        machine["States"]["B"] = PASS
    around: dict[str, Any] = {"Type": kind, "End": True}
    if kind == "Parallel":
        around["Branches"] = [machine]
    else:
        around["ItemProcessor"] = machine
    first: dict[str, Any] = {"Type": "Pass", "Next": "O"}
    if outer == "before":
        first["Assign"] = {name: 0}
    elif outer == "own":
        around["Assign"] = {name: 0}
    elif outer == "caught":
        around["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "End", "Assign": {name: 0}}]
    states = {"First": first, "O": around, "End": {"Type": "Succeed"}}
    if outer != "caught":
        del states["End"]
    return [(d["message"], d["location"]) for d in validate({"StartAt": "First", "States": states})["diagnostics"]]


@pytest.mark.parametrize("outer", ["before", "own", "caught"])
@pytest.mark.parametrize("kind", ["Parallel", "Map"])
@pytest.mark.parametrize(
    ("inner", "place"),
    [
        (ASSIGNING["Pass"], ""),
        (ASSIGNING["JSONata Pass"], ""),
        ({**ASSIGNING["Task"], **CAUGHT}, "/Catch[0]"),
        (RULE, "/Choices[0]"),
    ],
)
def test_an_inner_assign_of_an_outer_name(inner: dict[str, Any], place: str, kind: str, outer: str) -> None:
    where = "/States/O/" + ("Branches[0]" if kind == "Parallel" else "ItemProcessor") + f"/States/A{place}/Assign"
    message = "The variable name 'x' was already defined in a parent scope."
    assert scoped(kind, outer, "x", inner) == [(message, where)]
    assert scoped(kind, outer, "y", inner) == []


def test_siblings_and_the_children_of_a_distributed_map_have_scopes_of_their_own() -> None:
    branch = {"StartAt": "A", "States": {"A": ASSIGNING["Pass"]}}
    other = {"StartAt": "C", "States": {"C": ASSIGNING["Pass"]}}
    machine = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [branch, other], "End": True}}}
    assert validate(machine)["diagnostics"] == []
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    spread = {"Type": "Map", "ItemProcessor": {**branch, "ProcessorConfig": config}, "Assign": {"x": 1}, "End": True}
    assert validate({"StartAt": "M", "States": {"M": spread}})["diagnostics"] == []


def test_a_name_two_scopes_further_out() -> None:
    inner = {"StartAt": "A", "States": {"A": ASSIGNING["Pass"]}}
    middle = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": inner, "End": True}}}
    top = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [middle], "Assign": {"x": 1}, "End": True}}}
    [found] = validate(top)["diagnostics"]
    assert found["location"] == "/States/P/Branches[0]/States/M/ItemProcessor/States/A/Assign"


def test_a_warning_of_a_missing_dollar_stands_at_the_field() -> None:
    """The guide's sample of ValidateStateMachineDefinition has it at /Parameters."""
    state = {"Type": "Pass", "Parameters": {"a": {"b": "$.c"}}, "End": True}
    [found] = validate({"StartAt": "A", "States": {"A": state}})["diagnostics"]
    assert (found["code"], found["severity"], found["location"]) == ("NO_DOLLAR", "WARNING", "/States/A/Parameters")
