"""The log of events: to whoever reads it a sequence of events, each made when it is read."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from machines import program as compiled

from sfnbook.engine.events import GONE, Event, EventLog, MissingEvents
from sfnbook.engine.execution import Execution


def chain(many: int) -> Execution:
    """An execution of Pass states that has ended and whose events nobody has read."""
    states: dict[str, Any] = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(many)}
    states[f"S{many}"] = {"Type": "Succeed"}
    execution = Execution.start(compiled({"StartAt": "S0", "States": states}), {"n": 1}, at=0.0)
    execution.advance()
    return execution


def test_what_passes_is_the_same_and_is_not_kept() -> None:
    log = chain(2).events
    log[3]  # one that was read before, and is kept
    before = list(log.raw)
    assert list(log.iter_uncached()) == list(chain(2).events)
    assert all(one is two for one, two in zip(log.raw, before, strict=True))
    assert list(MissingEvents(3).iter_uncached()) == [GONE] * 3


def test_it_is_read_as_a_list_is() -> None:
    log = chain(2).events
    whole = list(log)
    assert [event.id for event in whole] == list(range(1, 9))
    assert all(type(event) is Event for event in whole)
    assert (len(log), log[0], log[-1], log[3]) == (8, whole[0], whole[7], whole[3])
    assert (log[2:5], log[::-2], log[9:]) == (whole[2:5], whole[::-2], [])
    assert list(reversed(log)) == whole[::-1]
    assert log == whole
    assert whole == log
    assert log == chain(2).events
    assert log != whole[:-1]
    assert whole[4] in log
    assert log.index(whole[4]) == 4
    for outside in (8, -9):
        with pytest.raises(IndexError):
            log[outside]


def test_an_event_is_made_once_and_its_ids_follow() -> None:
    log = chain(1).events
    assert log[-1] is log[len(log) - 1]
    assert [event.previous for event in log] == [0, 0, 2, 3, 4, 5]
    assert log[1].detail == {"name": "S0", "input": {"n": 1}}
    assert log[2].type == "PassStateExited"


def test_what_is_appended_while_it_is_read_is_seen() -> None:
    log = EventLog([GONE])
    seen = []
    for event in log:
        seen.append(event)
        if len(log) < 3:
            log.append(Event(len(log) + 1, 0, "PassStateEntered", 0.0, "", (), {}))
    assert [event.id for event in seen] == [0, 2, 3]


def test_a_history_that_was_not_kept_has_its_length() -> None:
    log = MissingEvents(3)
    assert (len(log), log[0] is GONE, log[1:]) == (3, True, [GONE, GONE])
    assert list(EventLog(log)) == [GONE] * 3
    with pytest.raises(IndexError):
        log[3]


def test_a_long_history_gives_the_collector_nothing_to_do() -> None:
    """A tracked object for each event made full collections, and so every run, slower the longer the histories."""
    gc.collect()
    before = len(gc.get_objects())
    execution = chain(2_000)
    gc.collect()
    made = [found for found in gc.get_objects()[before:] if type(found) is Event or type(found) is tuple]
    assert len(execution.events) > 4_000
    assert len([one for one in made if len(one) > 5]) < 2_000, "compiling makes some; 4,000 events would be more"
