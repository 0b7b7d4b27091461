"""Every step fails once: it and those before it are undone, in reverse order, and nothing else."""

import functions
import pytest

from sfnbook import mock, raises, returns

TRIP = {"trip": "T-7", "to": "Lisbon", "card": "4111-1111-1111-1111"}
UNDONE = {
    "Reserve flight": ["Cancel flight"],
    "Reserve hotel": ["Cancel hotel", "Cancel flight"],
    "Charge": ["Refund", "Cancel hotel", "Cancel flight"],
}


@pytest.fixture
def machine(sfn):
    functions.BOOKED.clear()
    return sfn("machine.asl.json", functions=functions)


def test_a_trip_is_booked(machine):
    run = machine.run(TRIP)
    assert run.output == {"flight": "flight-T-7", "hotel": "hotel-T-7", "payment": "payment-T-7"}
    assert set(functions.BOOKED) == {"flight-T-7", "hotel-T-7", "payment-T-7"}


@pytest.mark.parametrize("step", UNDONE)
@pytest.mark.parametrize("error", ["SoldOut", "States.Timeout"])
def test_what_was_done_is_undone_in_reverse_order(machine, step, error):
    run = machine.run(TRIP, mocks=[mock(step, raises(error))])
    assert (run.error, run.cause) == ("TripNotBooked", f"{step} failed: {error}")
    assert [name for name in run.path if name.startswith(("Cancel", "Refund"))] == UNDONE[step]
    assert functions.BOOKED == {}


def test_a_step_that_timed_out_and_was_carried_out_is_undone(machine):
    functions.BOOKED["hotel-T-7"] = "Lisbon"  # the hotel has it, and its answer came too late
    assert machine.run(TRIP, mocks=[mock("Reserve hotel", raises("States.Timeout"))]).error == "TripNotBooked"
    assert functions.BOOKED == {}


def test_a_declined_card(machine):
    run = machine.run({**TRIP, "card": "4111-1111-1111-0000"})
    assert run.cause == "Charge failed: CardDeclined"
    assert functions.BOOKED == {}


@pytest.mark.parametrize("state", UNDONE["Charge"])
def test_a_compensation_is_tried_again(machine, state):
    away = mock(state, raises("SystemAway"), raises("SystemAway"), returns({"StatusCode": 200, "Payload": None}))
    run = machine.run(TRIP, mocks=[mock("Charge", raises("CardDeclined")), away])
    assert run.error == "TripNotBooked"
    assert run.state(state).attempts == 3
    assert run.seconds == 5 + 10


@pytest.mark.parametrize("state", UNDONE["Charge"])
def test_a_compensation_that_fails_for_good_says_so(machine, state):
    run = machine.run(TRIP, mocks=[mock("Charge", raises("CardDeclined")), mock(state, raises("SystemAway"))])
    assert run.error == "CompensationFailed"
    assert run.cause == f"{state} failed: SystemAway. Somebody has to look at trip T-7."
    assert run.state(state).attempts == 9


@pytest.mark.parametrize("state", UNDONE)
def test_a_throttled_function_is_called_again(machine, state):
    answer = returns({"StatusCode": 200, "Payload": {"id": "x"}})
    run = machine.run(TRIP, mocks=[mock(state, raises("Lambda.TooManyRequestsException"), answer)])
    assert run.succeeded
