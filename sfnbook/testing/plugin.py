"""The pytest plugin: the fixtures ``sfn``, ``sfn_endpoint`` and ``sfn_snapshot``, markers for mock configurations, sweeps and histories,
coverage of state machines, and reports of failed runs.

Loaded by every pytest run where sfnbook is installed; imports nothing else of sfnbook until a test or option needs it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from sfnbook.testing.cases import TestCase
    from sfnbook.testing.endpoint import TestedEndpoint
    from sfnbook.testing.histories import Replayed
    from sfnbook.testing.machines import CoverageOfTests, Machines
    from sfnbook.testing.snapshot import SnapshotFile

_COVERAGE: Final[pytest.StashKey[CoverageOfTests]] = pytest.StashKey()
_SNAPSHOTS: Final[pytest.StashKey[dict[Path, SnapshotFile]]] = pytest.StashKey()
_MACHINES: Final[pytest.StashKey[Machines]] = pytest.StashKey()
_ENDPOINT: Final[pytest.StashKey[TestedEndpoint]] = pytest.StashKey()
_RAN: Final = pytest.StashKey[set[str]]()

_MOST_CALLS: Final = 20
_SUFFIXES: Final = {"markdown": "md"}

_MARKERS: Final = (
    "sfn_cases(file, machine=None): run the test once for each test case of a Step Functions Local mock configuration; "
    "the fixture sfn_case is the case",
    "sfn_sweep(definition, input=None, machine='', allow=(), states=(), bind=None): run the test once for each failure "
    "of each task; the fixture sfn_failure is what became of it, and fails where nothing handles it",
    "sfn_replay(histories, definition, machine=''): run the test once for each recorded history (a glob); the fixture "
    "sfn_replayed is the comparison, and fails where the definition now does something else",
    "sfn_network: let this test connect to other machines",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("sfnbook", "AWS Step Functions (sfnbook)")
    group.addoption(
        "--sfn-on", default="", metavar="PLACE", help="run machines there: aws:PROFILE or an endpoint's URL"
    )
    group.addoption(
        "--sfn-report", default="", metavar="DIR", help="write each run of a failed test to DIR as one interactive page"
    )
    group.addoption("--sfn-update", action="store_true", help="store the snapshots as they are now")
    group.addoption("--sfn-cov", action="store_true", help="report the coverage of state machines")
    group.addoption(
        "--sfn-cov-report",
        action="append",
        default=[],
        metavar="KIND:FILE",
        help="write it to a file as well: html:FILE, markdown:FILE, json:FILE, or data:.coverage for coverage.py; repeatable",
    )
    group.addoption(
        "--sfn-cov-source",
        action="append",
        default=[],
        metavar="PATH",
        help="count the machines of this file or folder, too, when no test runs them; repeatable",
    )
    group.addoption(
        "--sfn-fail-under",
        type=float,
        default=None,
        metavar="PERCENT",
        help="fail when less of the machines is covered",
    )
    group.addoption("--sfn-notebooks", action="store_true", help="collect the %%%%sfn_test cells of notebooks as tests")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[_SNAPSHOTS] = {}
    config.stash[_RAN] = set()


def _covers(config: pytest.Config) -> bool:
    wanted = config.option.sfn_cov or config.option.sfn_cov_report or config.option.sfn_cov_source
    return bool(wanted or config.option.sfn_fail_under is not None)


# -- fixtures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sfn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    """State machines under test: ``machine = sfn("template.yaml", "Orders")``, ``run = machine.run({...})``.

    Runs begin at a fixed moment of the virtual clock. The embedded AWS services are empty, other machines cannot be
    reached and AWS credentials are hidden, unless ``--sfn-on`` names where to run.
    """
    from sfnbook.testing.isolation import hide_credentials, shut_network
    from sfnbook.testing.machines import Machines, fresh_services

    config = request.config
    on = config.option.sfn_on
    if not on:
        hide_credentials(monkeypatch)
        if request.node.get_closest_marker("sfn_network") is None:
            shut_network(monkeypatch)
    fresh_services(shared=not on)
    machines = Machines((request.path.parent, config.rootpath), on=on)
    request.node.stash[_MACHINES] = machines
    yield machines
    if _covers(config):
        _coverage(config).add(machines)
    fresh_services(shared=False)


@pytest.fixture
def sfn_endpoint(request: pytest.FixtureRequest, sfn: Machines, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The Step Functions API on a port of this machine, empty, for one test: boto3 clients and programs reach it.

    ``sfn_endpoint.bind("charge", function)`` answers tasks; waits take no time. Its executions count for the coverage, and
    stand in the report of a failed test.
    """
    from sfnbook.testing.endpoint import TestedEndpoint

    if request.config.option.sfn_on:
        pytest.skip("The fixture sfn_endpoint is an endpoint of its own: --sfn-on does not apply.")
    endpoint = TestedEndpoint((request.path.parent, request.config.rootpath))
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)
    request.node.stash[_ENDPOINT] = endpoint
    yield endpoint
    if _covers(request.config):
        sfn.runs += endpoint.runs()
    endpoint.stop()


def _coverage(config: pytest.Config) -> CoverageOfTests:
    if _COVERAGE not in config.stash:
        from sfnbook.testing.machines import CoverageOfTests

        config.stash[_COVERAGE] = CoverageOfTests()
    return config.stash[_COVERAGE]


@pytest.fixture
def sfn_snapshot(request: pytest.FixtureRequest) -> Any:
    """Compares a run, or any JSON value, with what is stored for this test: ``sfn_snapshot(run)``.

    parts: of a run: ``path``, ``output``, ``calls``, ``history``. name: tells several snapshots of a test apart.
    """
    from sfnbook.testing.snapshot import normalised, snapshot_of

    config, node = request.config, request.node
    file = _snapshots_of(config, request.path)
    made = 0

    def compare(value: Any, *, name: str = "", parts: tuple[str, ...] = ("path", "output", "calls")) -> None:
        nonlocal made
        made += 1
        label = f"{node.name}{f' {name}' if name else f' {made}' if made > 1 else ''}"
        found = snapshot_of(value, parts) if hasattr(value, "visits") else normalised(value)
        difference = file.compare(label, found, update=config.option.sfn_update)
        if difference:
            pytest.fail(difference, pytrace=False)

    return compare


def _snapshots_of(config: pytest.Config, module: Path) -> SnapshotFile:
    files = config.stash[_SNAPSHOTS]
    if module not in files:
        from sfnbook.testing.snapshot import SnapshotFile

        files[module] = SnapshotFile(module)
    return files[module]


@pytest.fixture
def sfn_case(request: pytest.FixtureRequest) -> TestCase:
    """The test case of a mock configuration that the marker ``sfn_cases`` runs the test for."""
    case: TestCase = _parameter(request, "sfn_cases")
    return case


@pytest.fixture
def sfn_failure(request: pytest.FixtureRequest) -> Any:
    """What became of the failure that the marker ``sfn_sweep`` runs the test for; fails where nothing handles it."""
    failure, allowed = _parameter(request, "sfn_sweep")
    if failure.outcome == "not handled" and not allowed:
        pytest.fail(f"{failure.state}: nothing handles {failure.error} ({failure.by}).", pytrace=False)
    return failure


@pytest.fixture
def sfn_replayed(request: pytest.FixtureRequest) -> Replayed:
    """The comparison of the recorded history that the marker ``sfn_replay`` runs the test for; fails where it differs."""
    replayed: Replayed = _parameter(request, "sfn_replay")
    if not replayed.same:
        pytest.fail(str(replayed), pytrace=False)
    return replayed


def _parameter(request: pytest.FixtureRequest, marker: str) -> Any:
    if not hasattr(request, "param"):
        pytest.fail(f"The fixture {request.fixturename} needs the marker @pytest.mark.{marker}(...).", pytrace=False)
    return request.param


# -- markers ---------------------------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with one of the markers once for each case, failure or history."""
    for marker, fixture in (("sfn_cases", "sfn_case"), ("sfn_sweep", "sfn_failure"), ("sfn_replay", "sfn_replayed")):
        found = metafunc.definition.get_closest_marker(marker)
        if found is None:
            continue
        if fixture not in metafunc.fixturenames:
            metafunc.fixturenames.append(fixture)
        from sfnbook.errors import SfnbookError
        from sfnbook.testing import cases

        folders = (metafunc.definition.path.parent, metafunc.config.rootpath)
        try:
            values = list(getattr(cases, marker)(folders, *found.args, **found.kwargs))
        except (SfnbookError, TypeError) as fault:
            raise pytest.UsageError(f"@pytest.mark.{marker} on {metafunc.definition.nodeid}: {fault}") from None
        metafunc.parametrize(fixture, [pytest.param(value, id=id) for value, id in values], indirect=True)


# -- reports ---------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed test's report what its runs did."""
    report = yield
    item.config.stash[_RAN].add(item.nodeid)
    machines = item.stash.get(_MACHINES, None)
    if machines is None or not report.failed or call.when != "call":
        return report
    endpoint = item.stash.get(_ENDPOINT, None)
    runs = [*machines.runs, *(endpoint.runs() if endpoint is not None else ())]
    for number, run in enumerate(runs, 1):
        text = "\n".join([str(run), *_calls(run), *_where_it_went_wrong(run)])
        folder = item.config.option.sfn_report
        if folder:
            text += f"\npage: {_page(run, Path(folder), item.nodeid, number)}"
        report.sections.append((f"run {number} of {len(runs)}", text))
    return report


def _calls(run: Any) -> Iterator[str]:
    calls = run.called("*")
    if calls:
        yield "calls:"
        yield from (f"  {call}" for call in calls[:_MOST_CALLS])
    if len(calls) > _MOST_CALLS:
        yield f"  … {len(calls) - _MOST_CALLS:,} more"


def _where_it_went_wrong(run: Any) -> Iterator[str]:
    for visit in run.visits:
        if visit.status in ("failed", "caught") and visit.type not in ("Parallel", "Map"):
            where = f" ({visit.where})" if visit.where else ""
            after = f", caught → {visit.next}" if visit.status == "caught" else ""
            yield f"went wrong in {visit.name}{where}: {visit.error}{after}"
            if visit.attempt is not None and visit.attempt.traceback:
                yield visit.attempt.traceback.rstrip()


def _page(run: Any, folder: Path, test: str, number: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "_", test).strip("_")
    path: Path = run.to_html(folder / f"{name}-{number}.html")
    return path


# -- coverage and snapshots at the end -------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Hand the coverage to coverage.py when it measures this session, before pytest-cov reports."""
    result = yield
    if _covers(session.config) and not _is_worker(session.config):
        _include(session.config)
        if _COVERAGE in session.config.stash:
            _hand_over(session.config.stash[_COVERAGE])
    return result


def _include(config: pytest.Config) -> None:
    if config.option.sfn_cov_source:
        from sfnbook.errors import InputError

        try:
            _coverage(config).include(map(Path, config.option.sfn_cov_source))
        except InputError as fault:
            raise pytest.UsageError(f"--sfn-cov-source: {fault}") from None


def _hand_over(found: CoverageOfTests) -> None:
    try:
        from coverage import Coverage
    except ImportError:
        return
    measuring = Coverage.current()
    plugins: Any = measuring.get_option("run:plugins") if measuring is not None else None
    if measuring is None or "sfnbook.coverage" not in (plugins or ()):
        return
    from sfnbook.coverage.coveragepy import add_to

    branches = bool(measuring.get_option("run:branch"))
    add_to(measuring.get_data(), found.coverages, found.files, branches=branches)


# pytest-xdist runs tests in several processes: those hand over what they saw, and the one that reports writes it.
def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _handed_over(config: pytest.Config) -> str:
    snapshots = {str(file.module): file.as_data() for file in config.stash[_SNAPSHOTS].values()}
    covered = config.stash[_COVERAGE].as_data() if _COVERAGE in config.stash else []
    return json.dumps({"snapshots": snapshots, "coverage": covered})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what the tests of one of pytest-xdist's processes covered and stored."""
    config: pytest.Config = node.config
    text = getattr(node, "workeroutput", {}).get("sfnbook")
    if not text:
        return
    found = json.loads(text)
    for module, data in found["snapshots"].items():
        _snapshots_of(config, Path(module)).add_data(data)
    if found["coverage"]:
        _coverage(config).add_data(found["coverage"])


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write snapshots and coverage; fail when too little is covered."""
    config = session.config
    if _is_worker(config):
        output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]  # xdist's
        output["sfnbook"] = _handed_over(config)
        return
    everything = not config.option.keyword and not config.option.markexpr and not _chosen(config)
    for file in config.stash[_SNAPSHOTS].values():
        file.save(drop_unused=config.option.sfn_update and everything and exitstatus == 0)
    if not _covers(config):
        return
    from sfnbook.coverage.report import total_percent

    found = _coverage(config)
    for wanted in config.option.sfn_cov_report:
        _write(found, *wanted.partition(":")[::2])
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        _write(found, "markdown", summary, mode="a")
    least = config.option.sfn_fail_under
    if least is not None and total_percent(found.coverages) < least and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _chosen(config: pytest.Config) -> bool:
    return any("::" in str(argument) for argument in config.args)


def _write(found: CoverageOfTests, kind: str, file: str, mode: str = "w") -> None:
    from sfnbook.coverage import report

    path = Path(file or (".coverage" if kind == "data" else f"sfn-coverage.{_SUFFIXES.get(kind, kind)}"))
    if kind == "data":
        from sfnbook.coverage.coveragepy import write

        write(path, found.coverages, found.files)
        return
    makers = {"html": report.html_page, "markdown": report.markdown, "json": report.as_json}
    if kind not in makers:
        raise pytest.UsageError(f"--sfn-cov-report {kind}:{file}: the kinds are html, markdown, json and data.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open(mode, encoding="utf-8") as stream:
        stream.write(makers[kind](found.coverages))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the coverage of state machines, and the snapshots that nobody asked for."""
    unused = [
        f"{file.path.name}: {name}"
        for file in config.stash[_SNAPSHOTS].values()
        for name in file.unused()
        if not config.option.sfn_update and not _chosen(config) and not config.option.keyword
    ]
    if unused:
        terminalreporter.section("unused snapshots (--sfn-update removes them)")
        for line in unused:
            terminalreporter.line(line)
    if not _covers(config):
        return
    from sfnbook.coverage.report import percent_text, text, total_percent

    found = _coverage(config).coverages
    terminalreporter.section("state machine coverage")
    terminalreporter.line(text(found) if found else "No machine of the fixture sfn ran.")
    least = config.option.sfn_fail_under
    if least is not None and total_percent(found) < least:
        covered = percent_text(total_percent(found))
        terminalreporter.line(f"FAIL: {covered} of the state machines is covered, less than {least:g} %.", red=True)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the ``%%sfn_test`` cells of a notebook when ``--sfn-notebooks`` asks for it."""
    if file_path.suffix != ".ipynb" or not parent.config.option.sfn_notebooks:
        return None
    from sfnbook.testing.notebooks import NotebookFile

    found: pytest.Collector = NotebookFile.from_parent(parent, path=file_path)
    return found
