"""Several lines, none, and one that nobody sells."""

import functions
import pytest

from sfnbook import mock, raises, returns


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json", functions=functions)


def order(*articles):
    return {"order": 7, "currency": "EUR", "lines": [{"article": name, "pieces": 2} for name in articles]}


def test_lines_are_priced_and_added_up(machine):
    run = machine.run(order("lamp", "chair"))
    assert [line["price"] for line in run.output["lines"]] == [80, 130]
    assert run.output["total"] == 210


def test_an_unknown_article_costs_nothing_and_is_marked(machine):
    run = machine.run(order("lamp", "unicorn"))
    assert run.output["lines"][1] == {"article": "unicorn", "price": 0, "missing": True}
    assert run.output["total"] == 80


def test_each_turn_gets_its_number_and_the_currency(machine):
    run = machine.run(order("lamp", "chair"))
    assert [visit.input["number"] for visit in run.visits if visit.name == "Price the line"] == [1, 2]
    assert {line["currency"] for line in run.output["lines"]} == {"EUR"}


def test_an_order_without_lines(machine):
    assert machine.run(order()).output == {"order": 7, "lines": [], "total": 0}


def test_a_throttled_function_is_called_again(machine):
    price = returns({"StatusCode": 200, "Payload": {"article": "lamp", "price": 80, "currency": "EUR"}})
    throttled = mock("Price the line", raises("Lambda.TooManyRequestsException"), price)
    assert machine.run(order("lamp"), mocks=[throttled]).output["total"] == 80
