"""The machine with the work as a function, with scripted workers, and once with the real loop over the API."""

import json
from pathlib import Path

import functions
import pytest
import worker

from sfnbook import mock, raises, returns

ORDER = {"order": 7, "items": ["lamp", "rug"]}
BOX = {"box": "box with 2 items for order 7"}


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json", bind={"Pack": functions.pack})


def test_packed(machine):
    assert machine.run(ORDER).output == {"order": 7, **BOX}


def test_a_broken_item_is_picked_again(machine):
    run = machine.run({"order": 8, "items": ["broken glass"]}, mocks=[mock("Pack", raises("Broken", "broken glass"))])
    assert run.output == {"order": 8, "broken": "broken glass", "pickAgain": True}


def test_a_worker_that_dies_is_noticed_and_another_packs(machine):
    run = machine.run(ORDER, mocks=[mock("Pack", raises("States.HeartbeatTimeout"), returns(BOX))])
    assert run.succeeded
    assert run.state("Pack").attempts == 2


def test_nobody_packs(machine):
    assert machine.run(ORDER, mocks=[mock("Pack", raises("States.Timeout"))]).error == "NobodyPacks"


@pytest.mark.parametrize(("items", "state"), [(["lamp"], "Packed"), (["broken glass"], "Pick again")])
def test_the_worker_over_the_api(sfn_endpoint, items, state):
    client = sfn_endpoint.client()
    activity = client.create_activity(name="pack")["activityArn"]
    definition = Path(__file__).with_name("machine.asl.json").read_text("utf-8")
    machine = client.create_state_machine(name="machine", definition=definition, roleArn=sfn_endpoint.role)
    started = client.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps({"order": 9, "items": items})
    )
    assert worker.work(client, activity)
    assert sfn_endpoint.wait(started["executionArn"])["status"] == "SUCCEEDED"
    assert sfn_endpoint.runs()[-1].path == ["Pack", state]
