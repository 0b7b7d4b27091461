"""The message about one visit of one state: everything the inspector shows of it.

Its stages, rules and words are worked out here, when the visit is first sent. Pure: reads what the run recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sfnbook.engine.events import FrameKey
from sfnbook.history.visits import Attempt, Visit, kept
from sfnbook.language.definition import State
from sfnbook.query.data_flow import Stage
from sfnbook.query.scope import ABSENT
from sfnbook.text.explain import Part, Rule, expression, words
from sfnbook.values import Json
from sfnbook.widget.traits.limits import VARIABLE_TEXT, Caps
from sfnbook.widget.traits.lineage import links_message
from sfnbook.widget.traits.shapes import AttemptMessage, VisitMessage
from sfnbook.widget.traits.value import plain, value_message


def frame_text(frame: FrameKey) -> str:
    """Return a frame as the page has it: ``3.0/7.1``."""
    return "/".join(f"{started}.{index}" for started, index in frame)


def visit_message(visit: Visit, run: Any, state: State | None, caps: Caps) -> VisitMessage:
    """Return a visit as the page has it. ``run``: the one the visit is of, or a child of its Map runs."""
    stages = [stage for stage in run.stages(visit) if stage.value is not ABSENT]
    rules = _rules(visit, run)
    length = caps.text
    attempts = [_attempt(attempt, length) for attempt in visit.attempts]
    message = _facts(visit)
    message["cause"] = None if visit.cause is None else plain(visit.cause)
    message["traceback"] = next((attempt["traceback"] for attempt in reversed(attempts) if attempt["traceback"]), "")
    message["attempts"] = attempts
    message["stages"] = [
        {
            "name": stage.name,
            "expression": plain(expression(stage.field, stage.expression)),
            "value": value_message(stage.value, length),
        }
        for stage in stages
    ]
    message["assigned"] = {
        plain(name): value_message(value, length) for name, value in (kept(visit, "assigned") or {}).items()
    }
    message["rules"] = rules
    message["summary"] = "" if state is None else plain(_words(state, visit, stages, rules or []))
    if kept(visit, "input") is not ABSENT:
        message["input"] = value_message(kept(visit, "input"), length)
    if kept(visit, "output") is not ABSENT:
        message["output"] = value_message(kept(visit, "output"), length)
    _trace(visit, run, message, caps)
    return message


def outline(visit: Visit) -> VisitMessage:
    """Return when and where a visit was and how it ended, without its data (``outline``: True): that is asked for."""
    message = _facts(visit)
    message["outline"] = True
    if len(visit.attempts) > 1:
        attempts = [_attempt(attempt, 0) for attempt in visit.attempts]
        message["attempts"] = [{**attempt, "cause": None, "traceback": "", "logs": ""} for attempt in attempts]
    return message


def _facts(visit: Visit) -> VisitMessage:
    """Return a visit without anything that it worked on."""
    return {
        "id": visit.id,
        "address": visit.address,
        "name": plain(visit.name),
        "type": visit.type,
        "where": plain(visit.where),
        "frame": frame_text(visit.frame),
        "status": visit.status,
        "start_ms": ms(visit.start),
        "end_ms": None if visit.end is None else ms(visit.end),
        "next": None if visit.next is None else plain(visit.next),
        "error": None if visit.error is None else plain(visit.error),
        "cause": None,
        "traceback": "",
        "attempts": [],
        "stages": [],
        "logs": "",
        "assigned": {},
        "rules": None,
        "summary": "",
    }


def _trace(visit: Visit, run: Any, message: VisitMessage, caps: Caps) -> None:
    """Add where its data came from, as far as the run can tell."""
    if (links := getattr(run, "links", None)) is not None:
        message["links"], message["links_cut"] = links_message(links(visit), caps.links)
    if (context := getattr(run, "context", None)) is not None:
        own = {key: value for key, value in context(visit).items() if key not in ("Execution", "StateMachine")}
        message["context"] = value_message(own)
    if kept(visit, "variables") and (assigners := getattr(run, "assigners", None)) is not None:
        givers = assigners(visit)
        message["variables"] = {
            plain(name): {
                "value": value_message(value, VARIABLE_TEXT),
                "by": givers[name].id if name in givers else None,
            }
            for name, value in kept(visit, "variables").items()
        }


def _rules(visit: Visit, run: Any) -> list[Rule] | None:
    if visit.type != "Choice":
        return None
    return [
        {
            "text": plain(rule.text),
            "matched": rule.matched,
            "next": plain(rule.next),
            "why": plain(rule.why),
            "parts": [_part(*part) for part in rule.parts],
        }
        for rule in run.rules(visit)
    ]


def _attempt(attempt: Attempt, length: int) -> AttemptMessage:
    message: AttemptMessage = {
        "number": attempt.number,
        "start_ms": ms(attempt.start),
        "end_ms": None if attempt.end is None else ms(attempt.end),
        "status": attempt.status,
        "error": None if attempt.error is None else plain(attempt.error),
        "cause": None if attempt.cause is None else plain(attempt.cause),
        "delay_s": round(attempt.delay or 0, 3),
        "traceback": plain(attempt.traceback),
        "logs": plain(attempt.logs),
    }
    if kept(attempt, "output") is not ABSENT:
        message["output"] = value_message(kept(attempt, "output"), length)
    if kept(attempt, "parameters") is not ABSENT:
        message["parameters"] = value_message(kept(attempt, "parameters"), length)
    return message


def _words(state: State, visit: Visit, stages: Sequence[Stage], found: Sequence[Rule]) -> str:
    return words(
        state,
        status=visit.status,
        fields=[(stage.field, stage.expression) for stage in stages if stage.field],
        next=visit.next,
        error=visit.error,
        attempts=len(visit.attempts),
        seconds=None if visit.end is None else visit.end - visit.start,
        chosen=found,
    )


def _part(text: str, value: Json, held: bool | None) -> Part:
    part: Part = {"text": plain(text), "matched": held}
    if value is not ABSENT:
        part["value"] = value_message(value, VARIABLE_TEXT)["text"]
    return part


def ms(seconds: float) -> float:
    """Return milliseconds, to the microsecond."""
    return round(seconds * 1000, 3)
