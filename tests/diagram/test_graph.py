from __future__ import annotations

import pytest
from drawn import ORDERS, chain, definition, task

from sfnbook.diagram.graph import END, START, condition, detail, edge_id, graph


def test_every_state_is_a_node_and_every_node_an_address() -> None:
    orders = definition(ORDERS)
    found = {node.id for node in graph(orders).nodes}
    assert found == {START, END, *(state.address for state in orders.machine.walk())}


def test_edges_say_why() -> None:
    edges = {
        (e.source.split("/")[-1], e.target.split("/")[-1], e.kind): e.label for e in graph(definition(ORDERS)).edges
    }
    assert edges == {
        ("<start>", "Check", "next"): "",
        ("Check", "Both", "choice"): "1. $.n < 10 or 2. $.n = 99",
        ("Check", "Stop", "choice"): "3. $.stop is present",
        ("Check", "Again", "default"): "default",
        ("Again", "Check", "next"): "",
        ("Both", "Done", "next"): "",
        ("Both", "Stop", "catch"): "States.Timeout or Mine",
        ("Both", "Done", "catch"): "States.ALL",
        ("Left", "Left 2", "next"): "",
        ("Item 0", "Item 1", "next"): "",
        ("Done", "<end>", "next"): "",
    }


def test_edge_ids_are_unique_and_can_be_told_from_the_ends() -> None:
    edges = graph(definition(ORDERS)).edges
    assert len({edge.id for edge in edges}) == len(edges)
    assert all(edge.id == edge_id(edge.source, edge.target, caught=edge.kind == "catch") for edge in edges)


def test_containers_hold_their_lanes() -> None:
    drawn = graph(definition(ORDERS))
    held = {node.name: (node.parent, node.lane) for node in drawn.nodes}
    both = "/States/Both"
    assert held["Left"] == held["Left 2"] == (both, 0)
    assert held["Each"] == (both, 1)
    assert held["Item 0"] == (f"{both}/Branches/1/States/Each", 0)
    assert drawn.lanes == {both: 2, f"{both}/Branches/1/States/Each": 1}


def test_no_end_where_none_is_reached() -> None:
    drawn = graph(definition({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}))
    assert [node.kind for node in drawn.nodes] == ["start", "state"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (task("AMIS_accept"), "λ AMIS_accept"),
        ({"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem"}, "dynamodb:putItem"),
        (
            {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"},
            "sqs:sendMessage · callback",
        ),
        ({"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync"}, "glue:startJobRun · sync"),
        ({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject"}, "s3:getObject"),
        (
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST"},
            },
            "λ hello",
        ),
        ({"Type": "Wait", "Seconds": 240}, "◷ 240 s"),
        ({"Type": "Wait", "SecondsPath": "$.delay"}, "◷ $.delay s"),
        ({"Type": "Wait", "Timestamp": "2030-01-01T00:00:00Z"}, "◷ until 2030-01-01T00:00:00Z"),
        ({"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": chain(1)}, "Map · $.items"),
        ({"Type": "Map", "ItemProcessor": chain(1)}, "Map"),
        ({"Type": "Parallel", "Branches": [chain(1, "A"), chain(2, "B")]}, "2 branches"),
        ({"Type": "Pass"}, "Pass"),
    ],
)
def test_the_second_line(state: dict[str, object], words: str) -> None:
    machine = definition({"StartAt": "S", "States": {"S": {**state, "End": True}}})
    assert detail(machine.state("/States/S")) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Variable": "$.s", "StringEquals": 'a"b'}, '$.s = "a\\"b"'),
        ({"Variable": "$.s", "StringMatches": "a*"}, '$.s matches "a*"'),
        ({"Variable": "$.s", "StringMatches": "a"}, '$.s = "a"'),
        ({"Variable": "$.a", "NumericGreaterThanEqualsPath": "$.b"}, "$.a ≥ $.b"),
        ({"Variable": "$.a", "BooleanEquals": True}, "$.a = true"),
        ({"Variable": "$.a", "IsNull": False}, "$.a is not null"),
        ({"Not": {"Variable": "$.a", "NumericEquals": 1}}, "$.a ≠ 1"),
        (
            {"And": [{"Variable": "$.a", "IsPresent": True}, {"Or": [{"Variable": "$.b", "NumericLessThan": 1}]}]},
            "$.a is present and ($.b < 1)",
        ),
        ({"Condition": "{% $states.input.n\n > 3 %}"}, "$states.input.n > 3"),
    ],
)
def test_conditions_in_short_words(rule: dict[str, object], words: str) -> None:
    assert condition(rule) == words
