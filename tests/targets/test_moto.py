"""moto's server as a target: somebody else's endpoint, the same outcomes in what is shown."""

from __future__ import annotations

import json
import urllib.request
import warnings
from collections.abc import Iterator

import pytest

pytest.importorskip("flask", reason="moto[server] is not installed")
pytest.importorskip("antlr4", reason="moto[stepfunctions] is not installed")

from test_targets import INPUT, MACHINES, yes

from sfnbook import StateMachine
from sfnbook.targets.deploy import deploy
from sfnbook.targets.remote import start
from sfnbook.targets.target import Target, read_target

pytestmark = pytest.mark.filterwarnings("ignore")  # moto's and its server's own


@pytest.fixture(scope="module")
def place() -> Iterator[Target]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
    host, port = server.get_host_and_port()
    config = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
    with urllib.request.urlopen(f"http://{host}:{port}/moto-api/config", config):
        yield read_target(f"http://{host}:{port}")
    server.stop()


@pytest.mark.parametrize("name", ["pass", "choice", "parallel", "wait", "fail", "intrinsic"])
def test_a_run_there_is_the_run_here(place: Target, name: str) -> None:
    machine = StateMachine(MACHINES[name], name=name)
    here = machine.run(INPUT)
    deploy(place, machine, yes)
    there = start(place, machine, json.dumps(INPUT)).wait(20)
    assert (there.status, there.output, there.error, there.cause) == (here.status, here.output, here.error, here.cause)
    assert {(v.address, v.status) for v in there.visits} == {(v.address, v.status) for v in here.visits}
