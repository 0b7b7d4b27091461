"""How much of a run travels to the page. What is left out comes when it is asked for."""

from __future__ import annotations

from typing import Final, NamedTuple

from sfnbook.widget.traits.lineage import MOST_LINKS

VALUE_TEXT: Final = 8_192
"""Characters kept of one value; the rest comes when it is asked for."""
SMALLEST_TEXT: Final = 200
VARIABLE_TEXT: Final = 1_000
VISITS: Final = 400
EVENTS: Final = 2_000
EVENT_TEXT: Final = 240
BUDGET: Final = 1_400_000
"""Characters for all the values of ``visits`` together; with events and the rest the traits stay below about 2 MB."""
RUNS: Final = 200
"""How many runs of a machine are sent to the page: the latest."""
PAGE: Final = 2_500
"""Events sent for one request."""
WAITING: Final = 20
"""How many tasks that wait for an answer are sent to the page at once."""
RESTING: Final = 100
"""For how many Waits and pauses before another attempt the page gets the time of their end: the next ones."""
MOST_CHILDREN: Final = 500
"""How many child runs are sent to the page."""


class Caps(NamedTuple):
    """How much of a run travels: characters of one value, of all visits' values together, visits, events, links.

    children: child executions of each of its Map runs, with all their visits as long as ``visits`` allows.
    """

    text: int = VALUE_TEXT
    budget: int = BUDGET
    visits: int = VISITS
    events: int = EVENTS
    links: int = MOST_LINKS
    children: int = 24
