"""All green, a database that is away for a moment, and one that stays away."""

import functions
import pytest

from sfnbook import mock, raises, returns


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json", functions=functions)


def test_all_branches_pass(machine):
    run = machine.run({"release": "1.4.2"})
    assert [one["test"] for one in run.output["tests"]] == ["decrypt", "update_db", "performance"]
    assert all(one["passed"] for one in run.output["tests"])
    assert run.seconds == 240


def test_a_database_that_is_away_for_a_moment_is_asked_again(machine):
    database = mock("Unittest update_db", raises("ConnectionError"), returns({"test": "update_db", "passed": True}))
    run = machine.run({"release": "1.4.2"}, mocks=[database])
    assert run.succeeded
    assert run.state("Unittest update_db").attempts == 2


def test_a_branch_that_fails_stops_the_others(machine):
    run = machine.run(
        {"release": "1.4.2"}, mocks=[mock("Unittest update_db", raises("ConnectionError", "no database"))]
    )
    assert (run.error, run.cause) == ("ConnectionError", "no database")
    assert "Get statistics" not in run.path
