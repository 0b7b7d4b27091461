"""The house: who may import whom, what is pure, and what `import sfnbook` leaves unloaded."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import sfnbook

HOUSE = Path(sfnbook.__file__).parent

FLOORS = (
    ("errors",),
    ("values",),
    ("language",),
    ("templates",),
    ("query",),
    ("engine",),
    ("runtime",),
    ("tasks",),
    ("history",),
    ("runs",),
    ("diagram",),
    ("text",),
    ("isolation",),
    ("widget",),
    ("coverage", "simulation", "policy", "convert"),
    ("run",),
    ("machine",),
    ("lint", "project"),
    ("teststate", "sweep", "recorded_run", "editor"),
    ("stepper",),
    ("workspace",),
    ("server", "targets"),
    ("testing", "exercises", "starters"),
    ("notebook",),
    ("diff_command",),
    ("commands",),
    ("cli",),
    ("__main__", "__init__"),
)
"""From the top of the list in docs/how-it-is-built.md to its bottom: a room may import the floors above its own, never below or beside."""

FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

IMPURE = {"asyncio", "concurrent", "datetime", "multiprocessing", "os", "secrets", "select", "signal", "socket"}
IMPURE |= {"subprocess", "tempfile", "threading", "time", "urllib", "http", "boto3", "IPython", "ipywidgets"}
CALENDAR = {"datetime"}  # turning a timestamp's text into seconds reads no clock
WATCH = ("query/regexes.py", "time")  # it ends a regular expression that would match for ever

MODULES = sorted(path for path in HOUSE.rglob("*.py") if not {"_course", "_starters"} & {*path.parts})


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def room(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute names a module imports when it runs, also inside functions; not those for types only."""
    pending: list[ast.AST] = [tree(path)]
    while pending:
        node = pending.pop()
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pending += node.orelse
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield from (f"{module}.{alias.name}" for alias in node.names) if module == "sfnbook" else [module]
            case ast.ImportFrom():
                pytest.fail(f"{path}: relative import")
            case _:
                pending += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_module_imports_only_the_floors_above(path: Path) -> None:
    own = room(path)
    assert own in FLOOR, f"{own} has no floor yet: say where it stands"
    used = {name.split(".")[1] for name in imports(path) if name.startswith("sfnbook.")} - {own}
    wrong = sorted(other for other in used if FLOOR.get(other, 0) >= FLOOR[own] and own != "__init__")
    assert wrong == []


def imported(path: Path, names: set[str], *, inside: bool) -> set[str]:
    """Return the modules of the house, among names, that a module imports; ``inside``: also those inside functions."""
    found: set[str] = set()
    pending: list[ast.AST] = [tree(path)]
    while pending:
        match pending.pop():
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) as node:
                pending += node.orelse
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() if not inside:
                pass
            case ast.Import() as node:
                found |= {alias.name for alias in node.names}
            case ast.ImportFrom(module=str(module)) as node:
                found |= {f"{module}.{alias.name}" for alias in node.names} | {module}
            case node:
                pending += ast.iter_child_nodes(node)
    return found & names


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts).removesuffix(".__init__")


REPORTS = {"sfnbook.coverage.collect"}
"""What prints itself through a module that reads it."""


@pytest.mark.parametrize("inside", [False, True], ids=["at once", "inside functions, too"])
def test_no_circle_of_modules_that_import_each_other(inside: bool) -> None:
    """So that each can be imported alone, whoever comes first (`test_imports` does it)."""
    names = {module_name(path) for path in MODULES}
    left = {
        name: {
            other
            for other in imported(path, names, inside=inside and name not in REPORTS)
            if not f"{name}.".startswith(f"{other}.")
        }
        for path in MODULES
        for name in [module_name(path)]
    }
    while ready := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in ready:
            del left[name]
    assert left == {}, "a circle, and what hangs on it"


ORDERS = {
    "query": ("scope", "regexes", "java_random", "jsonpath", "jsonata", "data_flow"),
    "engine": (
        "eligibility events field_values program sizes",
        "commands failures frame",
        "distributed_map",
        "inline_join",
        "redrive states",
        "compile execution",
        "driver journal",
    ),
    "tasks": (
        "callbacks faults target",
        "aws.api",
        "aws.services",
        "functions doctor",
        "containers",
        "lambda_api.client",
        "registry",
        "activities mocks recorded_answers lambda_api.server",
        "aws.http aws.datasets aws.optimized start_execution",
        "aws.integration unfilled",
        "resolve",
    ),
    "widget": (
        "assets",
        "traits",
        "viewers",
        "export gallery run_widget static_html",
        "mimebundle",
        "comparison",
        "pictures",
    ),
    "server": (
        "api config delivery store",
        "catalogue runs",
        "endpoint",
        "operations page_lists quotas",
        "http in_process",
    ),
}
"""The same within the large rooms: parts of a room, by floor. A part may import those on floors above its own."""


@pytest.mark.parametrize("own", ORDERS)
def test_within_a_room_a_part_imports_only_the_floors_above(own: str) -> None:
    parts = {f"sfnbook.{own}.{part}": floor for floor, row in enumerate(ORDERS[own]) for part in row.split()}

    def part_of(name: str) -> str | None:
        return next((part for part in parts if f"{name}.".startswith(f"{part}.")), None)

    names = {module_name(path) for path in MODULES}
    homeless, wrong = [], []
    for path in MODULES:
        name = module_name(path)
        if room(path) != own or path.name == "__init__.py":
            continue
        here = part_of(name)
        if here is None:
            homeless.append(name)
            continue
        for other in imported(path, names, inside=True):
            there = part_of(other)
            if there not in (None, here) and parts[there] >= parts[here]:
                wrong.append(f"{name} -> {other}")
    assert (homeless, wrong) == ([], [])


@pytest.mark.parametrize("path", MODULES[1:], ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_module_is_imported_by_a_string(path: Path) -> None:
    """``from sfnbook... import`` inside a function waits just as long, and mypy and this file see it.

    MODULES[0] is `sfnbook/__init__`, whose table of public names mypy reads as imports for types.
    """
    named = [
        ast.unparse(call)
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(("import_module", "__import__"))
        for part in ast.walk(call)
        if isinstance(part, ast.Constant) and str(part.value).startswith("sfnbook")
    ]
    assert named == []


@pytest.mark.parametrize("pure", ["values", "errors", "language", "query", "engine"])
def test_what_says_chooses_and_happens_touches_no_clock_thread_or_network(pure: str) -> None:
    found = {
        (str(path.relative_to(HOUSE)), name)
        for path in MODULES
        if room(path) == pure
        for name in imports(path)
        if name.split(".")[0] in IMPURE - CALENDAR
    }
    assert found - {WATCH} == set()


HEAVY = ("anywidget", "boto3", "botocore", "graphviz", "IPython", "ipywidgets", "jlens", "jsonpath_ng", "pygraphviz")
HEAVY += ("moto", "regex", "sfnbook.engine", "traitlets", "yaml")
SLOW = ("email", "http.client", "importlib.metadata", "ssl", "urllib.request")
SLOW += ("sfnbook.diagram.svg", "sfnbook.widget.traits.recorder")
ONE_STATE = 'sfnbook.StateMachine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}).run(1).history()'


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import sfnbook", ()),
        ("import sfnbook.cli", ()),
        ("import sfnbook; sfnbook.StateMachine", ("sfnbook.engine",)),
        (f"import sfnbook, sfnbook.cli; {ONE_STATE}", ("sfnbook.engine",)),
        (
            "from IPython.core.interactiveshell import InteractiveShell as S\n"
            "S.instance().run_line_magic('load_ext', 'sfnbook')",
            ("IPython", "sfnbook.engine", "traitlets", *SLOW),
        ),
    ],
    ids=["import", "command line", "public name", "a run", "load_ext"],
)
def test_heavy_packages_wait_until_they_are_needed(statement: str, allowed: tuple[str, ...]) -> None:
    script = f"{statement}\nimport sys; print(' '.join(n for n in {HEAVY + SLOW!r} if n in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(answer.stdout.split()) <= set(allowed)


def test_every_file_that_the_map_for_people_names_is_there() -> None:
    text = (HOUSE.parent / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"(?<![\w/])((?:[a-z_]+/)*[a-z_]+(?:\.py|\.js|/))(?![\w/])", text))
    assert len(named) > 50
    missing = [name for name in sorted(named) if not ((HOUSE / name).exists() or (HOUSE.parent / name).exists())]
    assert missing == []


def test_every_name_in_the_pictures_of_the_map_stands_in_the_file_beside_it() -> None:
    text = (HOUSE.parent / "docs" / "architecture.md").read_text("utf-8")
    lines = [line for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    beside = [
        found.groups() for line in lines if (found := re.search(r"([A-Za-z_][\w.]*)\W.*?\s{2,}([a-z_/]+\.py)", line))
    ]
    assert len(beside) > 20
    missing = [
        f"{name} {file}"
        for name, file in ((dotted.rpartition(".")[2], file) for dotted, file in beside)
        if name not in ("a", "POST", "listeners")  # words, no names
        and not re.search(rf"(?:def|class) {name}\b|\b{name}\b.* = ", (HOUSE / file).read_text("utf-8"))
    ]
    assert missing == []
