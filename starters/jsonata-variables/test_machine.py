"""The invoice to the cent, each discount, and a list with one element that stays a list."""

import pytest


def cart(*lines, **customer):
    return {
        "customer": {"name": "Ada", "level": "new", **customer},
        "lines": [{"article": article, "pieces": pieces, "price": price} for article, pieces, price in lines],
    }


def test_an_invoice(sfn):
    run = sfn("machine.asl.json").run(cart(("lamp", 2, 19.95), ("chair", 1, 65), ("rug", 0, 120), level="gold"))
    assert [line["article"] for line in run.output["lines"]] == ["lamp", "chair"]
    money = {name: run.output[name] for name in ("net", "discount", "tax", "total")}
    assert money == {"net": 104.9, "discount": 10.49, "tax": 19.83, "total": 114.24}
    assert run.output["dearest"] == "chair"


def test_due_in_fourteen_days(sfn):
    run = sfn("machine.asl.json").run(cart(("lamp", 1, 20)), clock="virtual@2026-02-20T09:00:00Z")
    assert run.output["due"] == "2026-03-06"


@pytest.mark.parametrize(
    ("level", "price", "discount"), [("gold", 50, 5.0), ("new", 100, 5.0), ("new", 99.99, 0), ("gold", 100, 10.0)]
)
def test_discounts(sfn, level, price, discount):
    assert sfn("machine.asl.json").run(cart(("lamp", 1, price), level=level)).output["discount"] == discount


def test_one_line_stays_a_list(sfn):
    assert len(sfn("machine.asl.json").run(cart(("lamp", 1, 20))).output["lines"]) == 1


@pytest.mark.parametrize(("more", "to"), [({"mail": "a@b.example"}, "ADA <a@b.example>"), ({}, "ADA <no mail>")])
def test_whom_it_goes_to(sfn, more, to):
    assert sfn("machine.asl.json").run(cart(("lamp", 1, 20), **more)).output["to"] == to


def test_an_empty_cart_fails(sfn):
    run = sfn("machine.asl.json").run(cart(("lamp", 0, 20)))
    assert (run.error, run.cause) == ("EmptyCart", "The cart of Ada has no lines.")
