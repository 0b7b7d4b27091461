"""The message about a run that can be stepped through: where it stands and what can be done. Pure."""

from __future__ import annotations

from sfnbook.query.scope import ABSENT
from sfnbook.runs.protocols import SteppingLike
from sfnbook.widget.traits.limits import SMALLEST_TEXT
from sfnbook.widget.traits.shapes import DebugMessage
from sfnbook.widget.traits.value import plain, value_message
from sfnbook.widget.traits.visits import frame_text


def debug_message(stepping: SteppingLike, answered: int = 0) -> DebugMessage:
    """Return ``live.debug``. ``answered``: how many clicks were dealt with."""
    pause = stepping.pause
    message: DebugMessage = {
        "paused": pause is not None,
        "past": stepping.past_event,
        "kind": "" if pause is None else pause.kind,
        "position": "" if pause is None else plain(pause.words),
        "reason": "" if pause is None else plain(pause.reason),
        "address": "" if pause is None else pause.address,
        "frame": "" if pause is None else frame_text(pause.frame),
        "error": None if pause is None or pause.error is None else plain(pause.error),
        "cause": None if pause is None or pause.cause is None else plain(pause.cause),
        "editable": pause is not None and pause.kind != "waiting",
        "variables": {plain(name): value_message(value, SMALLEST_TEXT) for name, value in stepping.variables.items()},
        "called_again": [plain(text) for text in stepping.again_words()],
        "breakpoints": [plain(text) for text in stepping.breakpoints],
        "breakpoint_addresses": list(stepping.stops),
        "message": plain(stepping.said),
        "debugged": stepping.debugged,
        "can_back": stepping.can_back,
        "answered": answered,
    }
    if stepping.item:
        message["item"] = plain(stepping.item)
    if pause is not None and pause.value is not ABSENT:
        message["value"] = value_message(pause.value)
    return message
