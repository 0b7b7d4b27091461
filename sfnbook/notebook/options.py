"""The options for running a machine, which several magics take: one table, so that they mean the same everywhere."""

from __future__ import annotations

from typing import Any, Final

from sfnbook.notebook.arguments import Arguments, Option
from sfnbook.tasks.aws.services.endpoints import services

CLOCK: Final = Option(
    "clock", "CLOCK", "virtual (default: waits take no time; virtual@2026-01-31T09:00Z begins then), real, or x60"
)
NAME: Final = Option("name", "N", "the run's name")
BACKGROUND: Final = Option("background", "", "return at once; the diagram goes on")
QUIET: Final = Option("quiet", "", "show nothing but a line")
EACH: Final = Option("each", "", "INPUT is a DataFrame or a list: one run for each row, their results joined")
ON: Final = Option("on", "PLACE", "an endpoint's URL, aws, aws:PROFILE[@REGION]; here: the endpoint of %sfn_serve")
TEST_CASE: Final = Option(
    "test-case", "CASE", "let the mocks of this test case answer (Step Functions Local's MockConfigFile.json)"
)
MOCK_CONFIG: Final = Option(
    "mock-config",
    "FILE",
    "the file with the test cases; else the one that SFN_MOCK_CONFIG names, or ./MockConfigFile.json",
)
BREAK: Final = Option(
    "break",
    "PLACE",
    'stop before a state: Ship, "Ship if $.n > 1", "Ship item 2"; or at an error: error',
    repeatable=True,
)
FAULT: Final = Option(
    "fault",
    "STATE=WHAT",
    "what goes wrong: Ship=States.Timeout@1-2, Ship=slow:30, Ship=timeout, *=E%10",
    repeatable=True,
)


def mocked(arguments: Arguments) -> dict[str, Any]:
    """Return what ``run`` takes of a test case: its name, and its file, that of the env-file (%sfn_config) when none is named."""
    case, file = arguments.option("test-case"), arguments.option("mock-config")
    return {"test_case": case, "mock_config": file or (services.mock_config if case else None)}
