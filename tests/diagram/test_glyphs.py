from __future__ import annotations

import re

import pytest
from drawn import chain, definition, task

from sfnbook.diagram.glyphs import GLYPH_SIZE, PATHS, glyph_of, used
from sfnbook.diagram.graph import graph
from sfnbook.diagram.layout import layout
from sfnbook.diagram.svg import svg
from sfnbook.language.definition import State

SERVICE = "arn:aws:states:::"


def state(fields: dict[str, object]) -> State:
    return definition({"StartAt": "S", "States": {"S": {**fields, "End": True}}}).machine.states["S"]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (task("charge"), "lambda"),
        ({"Type": "Task", "Resource": f"{SERVICE}lambda:invoke"}, "lambda"),
        ({"Type": "Task", "Resource": f"{SERVICE}dynamodb:putItem"}, "dynamodb"),
        ({"Type": "Task", "Resource": f"{SERVICE}sqs:sendMessage.waitForTaskToken"}, "sqs"),
        ({"Type": "Task", "Resource": f"{SERVICE}aws-sdk:s3:getObject"}, "s3"),
        ({"Type": "Task", "Resource": f"{SERVICE}aws-sdk:sfn:describeExecution"}, "states"),
        ({"Type": "Task", "Resource": f"{SERVICE}bedrock:invokeModel"}, "bedrock"),
        ({"Type": "Task", "Resource": f"{SERVICE}http:invoke"}, "http"),
        ({"Type": "Task", "Resource": f"{SERVICE}aws-sdk:kms:encrypt"}, "service"),
        ({"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:sign"}, "activity"),
        ({"Type": "Wait", "Seconds": 1}, "wait"),
        ({"Type": "Pass"}, "pass"),
        ({"Type": "Map", "ItemProcessor": chain(1)}, "map"),
        ({"Type": "Parallel", "Branches": [chain(1, "A")]}, "parallel"),
    ],
)
def test_a_state_has_the_glyph_of_what_it_calls_or_is(fields: dict[str, object], name: str) -> None:
    assert glyph_of(state(fields)) == name


def test_glyphs_are_paths_within_their_square() -> None:
    for name, path in PATHS.items():
        assert re.fullmatch(r"[MmLlHhVvAaCcSsZz0-9. -]+", path), name
        starts = re.findall(r"M([\d.]+)[ ,]([\d.]+)", path)
        assert starts, name
        assert all(float(number) <= GLYPH_SIZE for pair in starts for number in pair), name


def test_the_graph_carries_the_glyphs_that_it_needs() -> None:
    drawn = layout(graph(definition(chain(2))))
    assert drawn["glyphs"] == {"pass": PATHS["pass"]}
    assert used(["", "pass", "pass", "unheard of"]) == {"pass": PATHS["pass"]}


def test_the_static_picture_draws_them_too() -> None:
    drawn = layout(graph(definition({"StartAt": "T", "States": {"T": task("charge", End=True)}})))
    picture = svg(drawn)
    assert PATHS["lambda"] in picture
    assert ">charge<" in picture
