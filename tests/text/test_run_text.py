from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from drawn import ORDERS, definition

from sfnbook.history.visits import Attempt, Visit
from sfnbook.language.definition import Definition
from sfnbook.text.run_text import machine_text, run_text
from sfnbook.values import Json


@dataclass
class Machine:
    name: str = "orders"
    _definition: Definition = field(default_factory=lambda: definition(ORDERS))


@dataclass
class Run:
    visits: list[Visit]
    status: str = "SUCCEEDED"
    output: Json = None
    error: str | None = None
    cause: str | None = None
    machine: Machine = field(default_factory=Machine)


def visit(
    id: int, address: str, *, type: str = "Pass", frame: Any = (), status: str = "succeeded", **more: Any
) -> Visit:
    name = address.rpartition("/")[2]
    return Visit(
        id=id, address=address, name=name, type=type, frame=frame, where="", start=0.0, input=None, variables={},
        entered_at=0.0, end=1.0, status=status, **more,
    )  # fmt: skip


BOTH = "/States/Both"
EACH = f"{BOTH}/Branches/1/States/Each"


def parallel(order: list[int], **last: Any) -> list[Visit]:
    """Return a run through Both, the events inside numbered in the order in which they happened to come."""
    inner = [
        visit(0, f"{BOTH}/Branches/0/States/Left", frame=((5, 0),)),
        visit(0, f"{BOTH}/Branches/0/States/Left 2", frame=((5, 0),), **last),
        visit(0, EACH, type="Map", frame=((5, 1),)),
    ]
    for at, index in enumerate(sorted(order, key=lambda i: order[i])):
        inner[index] = replace(inner[index], id=10 + at)
    each = [visit(30 + i, f"{EACH}/ItemProcessor/States/Item 0", frame=((5, 1), (20, i))) for i in range(3)]
    random.Random(sum(order)).shuffle(each)
    status = "caught" if last else "succeeded"
    return [visit(2, "/States/Check", type="Choice"), visit(4, BOTH, type="Parallel", status=status), *inner, *each]


def test_the_path_is_told_by_branch() -> None:
    assert run_text(Run(parallel([0, 1, 2]), output={"a": 1})) == "\n".join(
        [
            "orders: SUCCEEDED",
            "path: Check → Both",
            "  Both › branch 1: Left → Left 2",
            "  Both › branch 2: Each",
            "  Both › branch 2 › Each › all 3 items: Item 0",
            'output: {"a":1}',
        ]
    )


def test_the_order_in_which_branches_finish_does_not_show() -> None:
    texts = {run_text(Run(parallel(order))) for order in ([0, 1, 2], [1, 2, 0], [0, 2, 1])}
    assert len(texts) == 1


def test_of_a_failed_parallel_only_what_decided_it_is_told() -> None:
    text = run_text(Run(parallel([0, 1, 2], status="failed", error="Boom")))
    assert text.splitlines()[1:4] == [
        "path: Check → Both !",
        "  Both › branch 1: Left → Left 2 ✕ Boom",
        "  Both › others: finished or stopped",
    ]


def test_loops_are_told_once() -> None:
    visits = [visit(i, "/States/Again" if i % 2 else "/States/Check") for i in range(8)]
    assert "path: (Check → Again) ×4" in run_text(Run(visits))


def test_attempts_are_counted() -> None:
    attempts = [Attempt(number=n, start=0.0) for n in (1, 2, 3)]
    assert "path: Check (3 attempts)" in run_text(Run([visit(2, "/States/Check", attempts=attempts)]))


def test_a_cause_says_what_and_not_where() -> None:
    cause = '{"errorMessage":"db is down","errorType":"ValueError","stackTrace":["/somewhere/1234.py"]}'
    text = run_text(Run([], status="FAILED", error="ValueError", cause=cause))
    assert text == "orders: FAILED\nerror: ValueError\ncause: db is down"


def test_a_machine_in_words() -> None:
    lines = machine_text(Machine()).splitlines()
    assert lines[0] == "orders: 10 states"
    assert "  Check (◇ 3 rules) → Both, Stop, Again" in lines
    assert "      Left (λ left) → Left 2" in lines
