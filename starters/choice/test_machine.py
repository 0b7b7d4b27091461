"""One row for each way through the Choice, and for the values beside its limits."""

import pytest


@pytest.mark.parametrize(
    ("order", "state"),
    [
        ({"items": ["sofa"], "total": 1000}, "Insured courier"),
        ({"items": ["sofa"], "total": 1000, "express": True}, "Insured courier"),
        ({"items": ["lamp"], "total": 999, "express": True}, "Express parcel"),
        ({"items": ["lamp"], "total": 999, "express": False}, "Standard parcel"),
        ({"items": ["lamp"], "total": 999}, "Standard parcel"),
        ({"items": [], "total": 0}, "Nothing to ship"),
    ],
)
def test_how_an_order_is_shipped(sfn, order, state):
    run = sfn("machine.asl.json").run(order)
    assert run.path == ["How to ship?", state]


def test_an_empty_order_fails(sfn):
    run = sfn("machine.asl.json").run({"items": [], "total": 0})
    assert run.error == "EmptyOrder"
