"""Runs for the page, written by hand: what the engine would have recorded, without an engine.

Each function returns the four traits as `sfnbook.widget.traits.recorder` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sfnbook.engine.events import Event
from sfnbook.history.stages import RuleSeen
from sfnbook.history.visits import Attempt
from sfnbook.history.visits import Visit as Seen
from sfnbook.language import parse
from sfnbook.language.definition import Definition
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.query.data_flow import Stage
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json
from sfnbook.widget.traits.recorder import NOT_RUN, Recorder, machine_message

Traits = dict[str, Any]


@dataclass
class Task:
    address: str
    resource: Resource
    bound: str | None
    hint: str = "nothing answers it yet: write def NAME(event, context): ..."


def Visit(
    id: int, address: str, name: str, type: str, start: float, end: float | None, status: str = "succeeded", **rest: Any
) -> Seen:
    """A visit with its stages beside it (they are recomputed from a program elsewhere)."""
    stages = rest.pop("stages", [])
    rules = rest.pop("rules", [])
    rest = {"frame": (), "where": "", "input": ABSENT, "variables": {}, "entered_at": start, **rest}
    visit = Seen(id=id, address=address, name=name, type=type, start=start, end=end, status=status, **rest)
    STAGES[id, address] = stages
    RULES[id, address] = rules
    return visit


STAGES: dict[tuple[int, str], list[Stage]] = {}
RULES: dict[tuple[int, str], list[RuleSeen]] = {}


@dataclass
class Machine:
    name: str
    _definition: Definition
    bound: str | None = "notebook function, cell 3"
    type: str = "STANDARD"

    def tasks(self) -> list[Task]:
        return [
            Task(s.address, parse_resource(s.get("Resource")), self.bound)
            for s in self._definition.machine.walk()
            if s.type == "Task"
        ]


@dataclass
class Run:
    name: str
    status: str
    visits: list[Seen]
    seconds: float
    input: Json = None
    output: Json = ABSENT
    error: str | None = None
    cause: str | None = None
    transitions: int = 7
    events: list[Event] = field(default_factory=list)

    clock: str = "virtual"
    machine: Any = None

    @property
    def _raw_events(self) -> list[Event]:
        return self.events

    def stages(self, visit: Seen) -> list[Stage]:
        return STAGES[visit.id, visit.address]

    def rules(self, visit: Seen) -> list[RuleSeen]:
        return RULES[visit.id, visit.address]

    def stop(self) -> None:
        self.status = "ABORTED"


def machine(definition: dict[str, Any], name: str = "shop", bound: str | None = "notebook function, cell 3") -> Machine:
    parsed = parse(definition)
    assert parsed.definition is not None, [str(d) for d in parsed.diagnostics]
    return Machine(name, parsed.definition, bound)


def traits(machine: Machine, run: Run | None = None) -> Traits:
    if run is None:
        return {"machine": machine_message(machine), "live": dict(NOT_RUN), "visits": [], "events": []}
    run.machine = machine
    if not run.events:
        run.events = history(run)
    recorder = Recorder(machine, run)
    return {
        "machine": machine_message(machine),
        "live": recorder.live(),
        "visits": recorder.visits(),
        "events": recorder.events(),
    }


def history(run: Run) -> list[Event]:
    """A plausible history of the visits."""
    found = [(0.0, "ExecutionStarted", "", {"input": run.input})]
    for visit in run.visits:
        found.append(
            (visit.start, f"{visit.type}StateEntered", visit.address, {"name": visit.name, "input": visit.input})
        )
        for attempt in visit.attempts:
            found.append((attempt.start, "LambdaFunctionScheduled", visit.address, {"resource": "arn:aws:lambda:…"}))
            if attempt.end is not None:
                kind = "LambdaFunctionFailed" if attempt.error else "LambdaFunctionSucceeded"
                found.append((attempt.end, kind, visit.address, {"error": attempt.error, "cause": attempt.cause}))
        if visit.end is not None and visit.status == "succeeded":
            found.append(
                (visit.end, f"{visit.type}StateExited", visit.address, {"name": visit.name, "output": visit.output})
            )
    if run.status != "RUNNING":
        found.append((run.seconds, f"Execution{run.status.title()}", "", {"error": run.error, "cause": run.cause}))
    found.sort(key=lambda one: one[0])
    return [
        Event(i + 1, i, type, at, address, (), {k: v for k, v in detail.items() if v is not ABSENT and v is not None})
        for i, (at, type, address, detail) in enumerate(found)
    ]


ARN = "arn:aws:lambda:eu-west-1:300577164517:function:"


def _task(function: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": ARN + function, **({"End": True} if "Next" not in fields else {}), **fields}


SHOP = {
    "Comment": "Test the shop before it opens",
    "StartAt": "Parallel",
    "States": {
        "Parallel": {
            "Type": "Parallel",
            "Next": "End of tests",
            "Branches": [
                {
                    "StartAt": "Unittest accept",
                    "States": {
                        "Unittest accept": _task("AMIS_unittest_test_accept", Next="Unittest decrypt"),
                        "Unittest decrypt": _task("AMIS_unittest_test_decrypt"),
                    },
                },
                {
                    "StartAt": "Unittest update_db",
                    "States": {
                        "Unittest update_db": _task(
                            "AMIS_unittest_test_update_db",
                            Parameters={"key.$": "$.order.id", "table.$": "$.table"},
                            Retry=[{"ErrorEquals": ["KeyError", "ValueError"], "IntervalSeconds": 1, "MaxAttempts": 2}],
                        )
                    },
                },
                {
                    "StartAt": "Performance test",
                    "States": {
                        "Performance test": _task("AMIS_perftest_test", Next="Wait 4 min"),
                        "Wait 4 min": {"Type": "Wait", "Seconds": 240, "Next": "Get statistics"},
                        "Get statistics": _task("AMIS_perftest_get_stats"),
                    },
                },
            ],
        },
        "End of tests": {"Type": "Pass", "End": True},
    },
}

TRACE = 'cell 3, line 7, in AMIS_unittest_test_update_db\n    raise ValueError("db is down")'
CAUSE = '{"errorMessage":"db is down","errorType":"ValueError","requestId":"1f3a","stackTrace":["  File \\"cell 3\\", line 7\\n"]}'


def shop_failed() -> Traits:
    """The moment of the visual target: a task failed after three attempts and took its Parallel along."""
    order = {"order": {"id": 1042, "total": 99.5}, "table": "AMIS-shop"}
    p = "/States/Parallel"
    missing = Attempt(
        1,
        0,
        0.14,
        "failed",
        "KeyError",
        "'order'",
        0,
        logs="connecting\n",
        traceback="cell 3, line 4, in AMIS_unittest_test_update_db\n    return event['order']",
    )
    again = Attempt(2, 1.14, 1.3, "failed", "KeyError", "'order'", 1, logs="connecting\n", traceback=missing.traceback)
    last = Attempt(
        3, 3.3, 3.42, "failed", "ValueError", CAUSE, 2, logs="connecting\nno route to AMIS-shop\n", traceback=TRACE
    )
    key = {"key": 1042, "table": "AMIS-shop"}
    visits = [
        Visit(2, p, "Parallel", "Parallel", 0, 3.42, "failed", input=order, error="ValueError", cause=CAUSE, stages=[Stage("input", "", None, order)]),
        Visit(4, p + "/Branches/0/States/Unittest accept", "Unittest accept", "Task", 0, 2.1, where="Parallel › branch 1",
              frame=((3, 0),), input=order, output={"accepted": True, "order": 1042}, next="Unittest decrypt",
              attempts=[Attempt(1, 0, 2.1, "succeeded", output={"accepted": True, "order": 1042}, logs="checking order 1042\n")],
              stages=[Stage("input", "", None, order), Stage("result", "", None, {"accepted": True, "order": 1042}), Stage("output", "", None, {"accepted": True, "order": 1042})]),
        Visit(5, p + "/Branches/1/States/Unittest update_db", "Unittest update_db", "Task", 0, 3.42, "failed",
              where="Parallel › branch 2", frame=((3, 1),), input=order, error="ValueError", cause=CAUSE,
              attempts=[missing, again, last],
              stages=[Stage("input", "", None, order), Stage("afterParameters", "Parameters", {"key.$": "$.order.id", "table.$": "$.table"}, key)]),
        Visit(6, p + "/Branches/2/States/Performance test", "Performance test", "Task", 0, 1.6, where="Parallel › branch 3",
              frame=((3, 2),), input=order, output={"p95": 0.21}, next="Wait 4 min", attempts=[Attempt(1, 0, 1.6, "succeeded", output={"p95": 0.21})],
              stages=[Stage("input", "", None, order), Stage("result", "", None, {"p95": 0.21}), Stage("output", "", None, {"p95": 0.21})]),
        Visit(14, p + "/Branches/2/States/Wait 4 min", "Wait 4 min", "Wait", 1.6, 3.42, "aborted", where="Parallel › branch 3",
              frame=((3, 2),), input={"p95": 0.21}, stages=[Stage("input", "", None, {"p95": 0.21})]),
        Visit(16, p + "/Branches/0/States/Unittest decrypt", "Unittest decrypt", "Task", 2.1, 3.42, "aborted",
              where="Parallel › branch 1", frame=((3, 0),), input={"accepted": True, "order": 1042},
              attempts=[Attempt(1, 2.1, 3.42, "aborted")], stages=[Stage("input", "", None, {"accepted": True, "order": 1042})]),
    ]  # fmt: skip
    return traits(machine(SHOP), Run("run 2", "FAILED", visits, 3.42, order, error="ValueError", cause=CAUSE))


def shop_running(step: int = 2) -> Traits:
    """The same machine on its way. ``step`` 0 to 2: further along."""
    order = {"order": {"id": 1042, "total": 99.5}, "table": "AMIS-shop"}
    p = "/States/Parallel"
    running: list[Seen] = [
        Visit(2, p, "Parallel", "Parallel", 0, None, "running", input=order, stages=[Stage("input", "", None, order)])
    ]
    for i, (name, end) in enumerate(
        (("Unittest accept", 2.1), ("Unittest update_db", None), ("Performance test", 1.6))
    ):
        done = end is not None and step > i % 2
        running.append(
            Visit(4 + i, f"{p}/Branches/{i}/States/{name}", name, "Task", 0, end if done else None,
                  "succeeded" if done else "running", where=f"Parallel › branch {i + 1}", frame=((3, i),), input=order,
                  output={"ok": True} if done else ABSENT, next={0: "Unittest decrypt", 2: "Wait 4 min"}.get(i) if done else None,
                  attempts=[Attempt(1, 0, end if done else None, "succeeded" if done else "running", output={"ok": True} if done else ABSENT)],
                  stages=[Stage("input", "", None, order), *([Stage("output", "", None, {"ok": True})] if done else [])])
        )  # fmt: skip
    return traits(machine(SHOP), Run("run 3", "RUNNING", running, 2.2, order, transitions=1 + 2 * step))


def shop_new() -> Traits:
    """Defined, not run; nothing answers its tasks."""
    return traits(machine(SHOP, bound=None))


LOOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": _task("AMIS_deciding_function", ResultPath="$.decision", Next="Did it work?"),
        "Did it work?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.decision.statusCode", "NumericEquals": 200, "Next": "Ready"},
                {"Variable": "$.decision.statusCode", "NumericGreaterThanEquals": 500, "Next": "Wait a little"},
            ],
            "Default": "Give up",
        },
        "Wait a little": {"Type": "Wait", "Seconds": 5, "Next": "Decide"},
        "Give up": {"Type": "Fail", "Error": "Undecided", "Cause": "neither 200 nor 500"},
        "Ready": {"Type": "Succeed"},
    },
}


def _rules(code: int) -> list[RuleSeen]:
    path = "$.decision.statusCode"
    return [
        RuleSeen(f"{path} = 200", code == 200, "Ready", f"{path} = 200: {code} → {str(code == 200).lower()}"),
        RuleSeen(
            f"{path} ≥ 500",
            None if code == 200 else True,
            "Wait a little",
            "" if code == 200 else f"{path} ≥ 500: {code} → true",
        ),
        RuleSeen("Default", None, "Give up", ""),
    ]


def loop(rounds: int = 24) -> Traits:
    """A polling loop: many visits of the same states, some 250 events."""
    visits: list[Seen] = []
    at = 0.0
    data: Json = {"order": 7}
    for i in range(rounds):
        code = 200 if i == rounds - 1 else 500
        out = {"order": 7, "decision": {"statusCode": code, "try": i}}
        visits.append(
            Visit(10 * i + 2, "/States/Decide", "Decide", "Task", at, at + 0.02, input=data, output=out, next="Did it work?",
                  attempts=[Attempt(1, at, at + 0.02, "succeeded", output=out["decision"], logs=f"try {i}\n")],
                  stages=[Stage("input", "", None, data), Stage("result", "", None, out["decision"]), Stage("afterResultPath", "ResultPath", "$.decision", out), Stage("output", "", None, out)]))  # fmt: skip
        to = "Ready" if code == 200 else "Wait a little"
        at += 0.02
        visits.append(Visit(10 * i + 6, "/States/Did it work?", "Did it work?", "Choice", at, at, input=out, output=out, next=to, rules=_rules(code),
                            stages=[Stage("input", "", None, out), Stage("output", "", None, out)]))  # fmt: skip
        if to == "Ready":
            visits.append(Visit(10 * i + 8, "/States/Ready", "Ready", "Succeed", at, at, input=out, output=out))
        else:
            visits.append(
                Visit(
                    10 * i + 8,
                    "/States/Wait a little",
                    "Wait a little",
                    "Wait",
                    at,
                    at + 5,
                    input=out,
                    output=out,
                    next="Decide",
                )
            )
            at += 5
        data = out
    return traits(
        machine(LOOP, "poll"), Run("run 1", "SUCCEEDED", visits, at, {"order": 7}, data, transitions=len(visits))
    )


HOSTILE = '<script>window.pwned=1</script><img src=x onerror="window.pwned=1">'
RTL = "\u202eשלום עולם\u202c מצב"
EMOJI = "🛒 Warenkorb 👩‍👩‍👧‍👦 prüfen"
LONG = ("A state whose name takes all of the eighty characters that AWS allows for a name ")[:80].strip().ljust(80, "x")


def hostile() -> Traits:
    """Names and values that try to be markup, run the other way, or are very long."""
    names = [HOSTILE[:80], RTL, EMOJI, LONG]
    definition = {
        "StartAt": names[0],
        "States": {
            name: {"Type": "Pass", "Comment": HOSTILE, **({"Next": names[i + 1]} if i < 3 else {"End": True})}
            for i, name in enumerate(names)
        },
    }
    shop = machine(definition, HOSTILE)
    value = {
        HOSTILE: HOSTILE,
        "rtl": RTL,
        EMOJI: ["\ud83d", "\u0000\u2028", "a" * 3000],
        "__proto__": {"x": 1},
        "big": 12345678901234567890,
        "one": 1.0,
    }
    visits = []
    for i, state in enumerate(shop._definition.machine.states.values()):
        visits.append(Visit(i * 2 + 2, state.address, state.name, "Pass", i * 0.1, i * 0.1 + 0.1, input=value, output={**value, "step": i}, next=state.next,
                            stages=[Stage("input", "", None, value), Stage("output", "", None, {**value, "step": i})]))  # fmt: skip
    visits[-1] = replace(visits[-1], status="failed", error=HOSTILE, cause=HOSTILE)
    return traits(shop, Run(HOSTILE, "FAILED", visits, 0.4, value, error=HOSTILE, cause=HOSTILE))


def big() -> Traits:
    """Values far beyond what is sent ahead: 100,000 items and a depth of 500."""
    shop = machine(LOOP, "big")
    deep: Json = 1
    for _ in range(400):
        deep = [deep]
    items = list(range(100_000))
    visit = Visit(2, "/States/Decide", "Decide", "Task", 0, 0.1, input={"items": items, "after": 1}, output=deep,
                  stages=[Stage("input", "", None, {"items": items, "after": 1}), Stage("result", "", None, deep), Stage("output", "", None, deep)])  # fmt: skip
    return traits(shop, Run("run 1", "SUCCEEDED", [visit], 0.1, {}, deep))


def stages(before: Json, after: Json) -> Traits:
    """One Pass state that made ``after`` of ``before``."""
    one = machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, "one")
    visit = Visit(
        2, "/States/A", "A", "Pass", 0, 0, input=before, output=after,
        stages=[Stage("input", "", None, before), Stage("afterParameters", "Parameters", {"n": 2}, after)],
    )  # fmt: skip
    return traits(one, Run("run 1", "SUCCEEDED", [visit], 0, before, after))


def wait_240() -> Traits:
    """Half a second of work, a Wait of four minutes, half a second of work."""
    definition = {
        "StartAt": "Before",
        "States": {
            "Before": _task("before", Next="Wait 4 min"),
            "Wait 4 min": {"Type": "Wait", "Seconds": 240, "Next": "After"},
            "After": _task("after"),
        },
    }
    visits = [
        Visit(2, "/States/Before", "Before", "Task", 0, 0.5, input={}, output={}, next="Wait 4 min"),
        Visit(6, "/States/Wait 4 min", "Wait 4 min", "Wait", 0.5, 240.5, input={}, output={}, next="After"),
        Visit(8, "/States/After", "After", "Task", 240.5, 241, input={}, output={}),
    ]
    return traits(machine(definition, "waiting"), Run("run 1", "SUCCEEDED", visits, 241, {}, {}))
