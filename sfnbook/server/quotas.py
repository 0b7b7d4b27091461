"""AWS's quotas that a local engine can meet, each with its page, and whether it is held here.

The numbers stand where they are enforced; this table names them together. ``tests/server/test_quotas.py`` meets each one that
is held, and says which are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sfnbook.engine.distributed_map.map_run import CONCURRENCY
from sfnbook.engine.eligibility import MAP_RUN_REDRIVES, MOST_EVENTS, OPEN, PERIOD
from sfnbook.engine.inline_join import INLINE_CONCURRENCY
from sfnbook.engine.program import EVENT_LIMIT, EXPRESS_SECONDS, MOST_STORED
from sfnbook.language.parameters import LONGEST
from sfnbook.query.jsonpath.intrinsics import MAX_ITEMS
from sfnbook.server.api.names_and_tags import MOST_TAGS
from sfnbook.server.endpoint import MOST_ALIASES, MOST_MACHINES, MOST_RUNNING, MOST_VERSIONS
from sfnbook.tasks.activities import POLL
from sfnbook.tasks.aws.http.client import LIMIT
from sfnbook.tasks.start_execution import LONGEST_NAME
from sfnbook.values import MAX_BYTES

QUOTAS_PAGE: Final = "Step Functions service quotas"


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota. aws: AWS's number, in ``unit``. here: the number held here, None where nothing holds it; ``why`` says why
    they differ."""

    name: str
    aws: float
    unit: str
    here: float | None
    page: str = QUOTAS_PAGE
    why: str = ""


QUOTAS: Final = (
    Quota("name length", 80, "characters", LONGEST_NAME),
    Quota("registered state machines", 100_000, "machines", MOST_MACHINES),
    Quota("registered activities", 100_000, "activities", MOST_MACHINES),
    Quota("state machine definition", 1_048_576, "bytes", 1_048_576),
    Quota("open executions", 1_000_000, "executions", MOST_RUNNING, why="as many as one process carries"),
    Quota("open Map Runs", 1_000, "Map Runs", None, why="further ones begin at once instead of waiting"),
    Quota("redrives of a Map Run", 1_000, "redrives", MAP_RUN_REDRIVES),
    Quota("parallel child executions of a Map Run", 10_000, "executions", CONCURRENCY, why="one process carries fewer"),
    Quota("HTTP Task duration", 60, "seconds", LIMIT),
    Quota("execution time of Standard", 31_536_000, "seconds", OPEN),
    Quota("execution time of Express", 300, "seconds", EXPRESS_SECONDS),
    Quota("execution history", 25_000, "events", EVENT_LIMIT),
    Quota("history retention", 90, "days", None, why="a database is kept as long as its owner likes"),
    Quota("redrivable period", 14 * 86_400, "seconds", PERIOD),
    Quota("input or output", 262_144, "bytes", MAX_BYTES),
    Quota("published versions of a machine", 1_000, "versions", MOST_VERSIONS),
    Quota("aliases of a machine", 100, "aliases", MOST_ALIASES),
    Quota("tags of a resource", 50, "tags", MOST_TAGS),
    Quota("tag key", 128, "characters", 128),
    Quota("tag value", 256, "characters", 256),
    Quota("state transitions a second", 5_000, "transitions", None, why="throttling would only make local runs slow"),
    Quota("API actions a second", 300, "requests", None, why="throttling would only make local runs slow"),
    Quota("all variables of an execution", 10_485_760, "bytes", MOST_STORED, "Passing data between states with variables"),
    Quota("variables of one Assign", 262_144, "bytes", MAX_BYTES, "Passing data between states with variables"),
    Quota("iterations of an inline Map at once", 40, "iterations", INLINE_CONCURRENCY,
          "Using Map state in Inline mode in Step Functions workflows"),
    Quota("items of States.ArrayRange", 1_000, "items", MAX_ITEMS, "Intrinsic functions for JSONPath states in Step Functions"),
    Quota("text for States.Base64Encode and States.Hash", 10_000, "characters", 10_000,
          "Intrinsic functions for JSONPath states in Step Functions"),
    Quota("events before a redrive", 24_998, "events", MOST_EVENTS, "Restarting state machine executions with redrive"),
    Quota("GetActivityTask", 60, "seconds", POLL, "API reference: GetActivityTask"),
    Quota("a harness's task", 900, "seconds", LONGEST["bedrockagentcore", "invokeHarness"],
          "Invoke Amazon Bedrock AgentCore harness with Step Functions"),
)  # fmt: skip
"""The table."""


def not_held() -> list[Quota]:
    """Return the quotas that nothing here holds, or with another number."""
    return [quota for quota in QUOTAS if quota.here != quota.aws]
