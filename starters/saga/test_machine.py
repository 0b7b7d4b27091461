"""Every step fails once: what was reserved is cancelled, in reverse order, and nothing else."""

import functions
import pytest

from sfnbook import mock, raises, returns

TRIP = {"trip": "T-7", "to": "Lisbon", "card": "4111-1111-1111-1111"}


@pytest.fixture
def machine(sfn):
    functions.RESERVED.clear()
    return sfn("machine.asl.json", functions=functions)


def test_a_trip_is_booked(machine):
    run = machine.run(TRIP)
    assert run.output == {"flight": "flight-T-7", "hotel": "hotel-T-7", "payment": "payment-T-7"}
    assert set(functions.RESERVED) == {"flight-T-7", "hotel-T-7"}


@pytest.mark.parametrize(
    ("step", "undone"),
    [
        ("Reserve flight", []),
        ("Reserve hotel", ["Cancel flight"]),
        ("Charge", ["Cancel hotel", "Cancel flight"]),
    ],
)
def test_what_was_reserved_is_cancelled_in_reverse_order(machine, step, undone):
    run = machine.run(TRIP, mocks=[mock(step, raises("SoldOut"))])
    assert (run.error, run.cause) == ("TripNotBooked", f"{step} failed: SoldOut")
    assert [name for name in run.path if name.startswith("Cancel")] == undone
    assert functions.RESERVED == {}


def test_a_declined_card(machine):
    run = machine.run({**TRIP, "card": "4111-1111-1111-0000"})
    assert run.cause == "Charge failed: CardDeclined"
    assert functions.RESERVED == {}


@pytest.mark.parametrize("state", ["Cancel hotel", "Cancel flight"])
def test_a_compensation_is_tried_again(machine, state):
    away = mock(state, raises("SystemAway"), raises("SystemAway"), returns({"StatusCode": 200, "Payload": None}))
    run = machine.run(TRIP, mocks=[mock("Charge", raises("CardDeclined")), away])
    assert run.error == "TripNotBooked"
    assert run.state(state).attempts == 3
    assert run.seconds == 5 + 10


@pytest.mark.parametrize(("state", "left"), [("Cancel hotel", "hotel-T-7"), ("Cancel flight", "flight-T-7")])
def test_a_compensation_that_fails_for_good_says_what_is_left(machine, state, left):
    run = machine.run(TRIP, mocks=[mock("Charge", raises("CardDeclined")), mock(state, raises("SystemAway"))])
    assert (run.error, run.cause) == ("CompensationFailed", f"{left} is still reserved: SystemAway")
    assert run.state(state).attempts == 9


@pytest.mark.parametrize("state", ["Reserve flight", "Reserve hotel", "Charge"])
def test_a_throttled_function_is_called_again(machine, state):
    answer = returns({"StatusCode": 200, "Payload": {"id": "x"}})
    run = machine.run(TRIP, mocks=[mock(state, raises("Lambda.TooManyRequestsException"), answer)])
    assert run.succeeded
