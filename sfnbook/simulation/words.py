"""A simulation's options as a line has them: ``Charge=0.2-1.5``, ``Charge=Card.Unreachable%2``. Text to values, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import InputError

if TYPE_CHECKING:
    from sfnbook.simulation.durations import Duration
    from sfnbook.values import Json

DURATION_HELP: Final = "seconds that a Task takes: Charge=2, Charge=1-3 (evenly), Charge=p50:0.2,p95:1.5 (log-normal); 200ms and 5m are read, too"
OUTPUT_HELP: Final = 'what a Task answers ({} where nothing is said): Reserve={"items": []}'
ERROR_HELP: Final = "the share of a Task's calls that fails, in percent: Charge=Card.Unreachable%2"

_UNITS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_OUTPUT: Final = re.compile(r"""(?:"([^"]+)"|'([^']+)'|([^=]+))\s*=(.*)""", re.DOTALL)
_TIME: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h|)")


def read_options(durations: Iterable[str], errors: Iterable[str], outputs: Iterable[str]) -> dict[str, Any]:
    """Return ``durations``, ``errors`` and ``outputs`` as `sfnbook.StateMachine.simulate` takes them. Raises InputError.

    >>> read_options(["Charge=1-3"], ["Charge=Busy%2"], ["Ship={}"])
    {'durations': {'Charge': (1.0, 3.0)}, 'errors': {'Charge': {'Busy': 0.02}}, 'outputs': {'Ship': {}}}
    """
    shares: dict[str, dict[str, float]] = {}
    for text in errors:
        state, error, share = _error(text)
        shares.setdefault(state, {})[error] = share
    return {"durations": dict(map(_duration, durations)), "errors": shares, "outputs": dict(map(_output, outputs))}


def number(text: str | None, option: str, default: float) -> float:
    """Return an option's number. Raises InputError that names the option."""
    if text is None:
        return default
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--{option} is a number, not {text!r}.") from None


def whole(text: str | None, option: str, default: int) -> int:
    """Return an option's whole number. Raises InputError that names the option."""
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--{option} is a whole number, not {text!r}.") from None


def _duration(text: str) -> tuple[str, Duration]:
    state, _, words = text.rpartition("=")
    state, words = _unquoted(state), words.strip()
    parts = words.split(",")
    if all(part.strip().startswith(("p50:", "p95:")) for part in parts) and len(parts) == 2:
        found: dict[str, float | None] = {}
        for part in parts:
            name, _, time = part.strip().partition(":")
            found[name] = _time(time)
        if state and len(found) == 2 and None not in found.values():
            return state, {name: value for name, value in found.items() if value is not None}
    times = [_time(part) for part in words.split("-")]
    known = [time for time in times if time is not None]
    if not state or len(known) != len(times) or len(known) > 2:
        raise InputError(f"--duration {text}: write STATE=SECONDS; {DURATION_HELP}.")
    return state, known[0] if len(known) == 1 else (known[0], known[1])


def _time(text: str) -> float | None:
    match = _TIME.fullmatch(text.strip())
    return float(match[1]) * _UNITS[match[2]] if match else None


def _error(text: str) -> tuple[str, str, float]:
    state, _, words = text.rpartition("=")
    error, _, percent = words.rpartition("%")
    state = _unquoted(state)
    try:
        share = float(percent) / 100
    except ValueError:
        share = -1.0
    if not (state and error and 0 <= share <= 1):
        raise InputError(f"--error {text}: write STATE=ERROR%PERCENT; {ERROR_HELP}.")
    return state, error, share


def _output(text: str) -> tuple[str, Json]:
    match = _OUTPUT.fullmatch(text.strip())
    state, words = (match[1] or match[2] or match[3], match[4]) if match else ("", "")
    try:
        value = json.loads(words)
    except ValueError:
        state = ""
    if not state:
        raise InputError(f"--output {text}: write STATE=JSON; {OUTPUT_HELP}.")
    return state.strip(), value


def _unquoted(name: str) -> str:
    name = name.strip()
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'" else name
