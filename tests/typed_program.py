"""A user's program, for a type checker only: the public API as the documentation uses it. Nothing runs it."""

from pathlib import Path
from typing import Any

import sfnbook
from sfnbook import TaskError, mock, raises, returns

DEFINITION = Path("shop.asl.json")


@sfnbook.task("arn:aws:lambda:us-east-1:123456789012:function:charge")
def charge(event: dict[str, Any], context: object) -> dict[str, int]:
    if event["amount"] > 100:
        raise TaskError("Card.Declined", "too much")
    return {"charged": event["amount"]}


@sfnbook.activity("arn:aws:states:us-east-1:123456789012:activity:approve")
def approve(event: dict[str, Any]) -> bool:
    return True


def local(event: dict[str, Any]) -> dict[str, Any]:
    return event


async def slow(event: dict[str, Any]) -> dict[str, Any]:
    return event


machine = sfnbook.StateMachine(DEFINITION, name="shop", type="EXPRESS", substitutions={"Table": "orders"})
machine.bind("Charge", local).bind("Ship", slow).bind("Score", "docker:score:latest")
run = machine.run(
    {"amount": 40},
    mocks=[mock("Charge", raises("Busy", "later", after=2), returns({"charged": 40}))],
    faults=["Ship=States.Timeout@1"],
    answers={"Approve": returns(True)},
    clock="virtual@2026-01-31T09:00:00Z",
    seed=7,
)
later = run.fork("Charge", input={"amount": 1})
again = run.again("Charge")
story: list[str] = run.path
seconds: float = run.seconds
for visit in run.visits:
    print(visit.name, visit.status, visit.input, visit.output, [attempt.error for attempt in visit.attempts])
    for stage in run.stages(visit):
        print(stage.name, stage.value)
for event in run.events:
    print(event.type, event.at)
for info in machine.tasks():
    print(info.address, info.bound or info.hint)
found = machine.simulate({"amount": 3}, runs=100, durations={"Charge": (0.1, 0.4)}, errors={"Charge": {"Busy": 0.1}})
policy = machine.policy(region="eu-west-1").notes
conversion = machine.to_jsonata([{"amount": 1}]).text
Path("shop.svg").write_text(run.to_svg("dark"))
Path("shop.png").write_bytes(run.to_png(scale=3))
recorded = sfnbook.replay([], machine)
one = sfnbook.test_state({"Type": "Pass", "End": True}, input={"n": 1})
try:
    sfnbook.StateMachine({"StartAt": "A", "States": {}})
except sfnbook.DefinitionError as refused:
    print([f"{each.code} {each.line}" for each in refused.diagnostics])
except sfnbook.SfnbookError as other:
    print(other)
sfnbook.send_task_success("token", {"approved": True})
sfnbook.send_task_failure("token", "Rejected", "no")
sfnbook.send_task_heartbeat("token")
with sfnbook.serve_lambda() as served:
    print(served.url)
image = sfnbook.container("score:latest", env={"LEVEL": "debug"})


def waiting(worker: sfnbook.Activity) -> int:
    return worker.waiting


def failed(run: sfnbook.Run, fault: sfnbook.BindingError | sfnbook.InternalError | sfnbook.TestStateError) -> str:
    return f"{run.status}: {fault}"


sfnbook.services(sqs="embedded", dynamodb="http://localhost:8000")
try:
    sfnbook.check("an-exercise", machine)
    sfnbook.predict("an-exercise", "A")
except (sfnbook.CheckError, sfnbook.InputError) as wrong:
    print(wrong, sfnbook.validate(DEFINITION, "EXPRESS")["result"])
print(sfnbook.strategies.inputs(machine, missing=False))
