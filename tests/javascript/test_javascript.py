"""The page's JavaScript: its unit tests in Node, and the types of the messages, which are made from Python's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from declarations import FILES, PACKAGE, declarations

from sfnbook.diagram.graph import graph
from sfnbook.diagram.layout import layout

sys.path.insert(0, str(Path(__file__).parents[1] / "diagram"))

from drawn import ORDERS, chain, definition, many_catches, shared_handlers, wide_choice

HERE = Path(__file__).parent
STATIC = PACKAGE / "widget" / "static"
OLDEST = (20, 19)
"""The first Node that takes a module for one without being told."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_the_types_of_messages_are_current(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == declarations(FILES[file]), "run: python tests/javascript/declarations.py"


def node() -> str:
    """Return the path of Node; the test is skipped, and says so, where there is none or an old one."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("There is no Node here: the JavaScript's unit tests did not run.")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:2])
    if version < OLDEST:
        pytest.skip(f"Node {said.strip()} is older than 20.19: the JavaScript's unit tests did not run.")
    return found


ARRANGED = """
import { arrange } from "FILE";
import { readFileSync } from "node:fs";
const graphs = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(graphs.map((graph) => arrange(graph, new Set(), false))));
"""


def test_the_page_lays_out_as_python_does() -> None:
    """With nothing folded the page's layout gives the points that it was given, so that folding moves only what it must."""
    made = [ORDERS, chain(9), many_catches(40), wide_choice(12), shared_handlers(6, 3), shared_handlers(4, 1)]
    graphs = [layout(graph(definition(machine))) for machine in made]
    script = ARRANGED.replace("FILE", (STATIC / "diagram" / "layout.js").as_uri())
    found = subprocess.run(
        [node(), "--no-warnings", "--input-type=module", "-e", script],
        input=json.dumps(graphs), capture_output=True, text=True, encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    for here, there in zip(graphs, json.loads(found.stdout), strict=True):
        assert (there["width"], there["height"]) == pytest.approx((here["width"], here["height"]), abs=0.5)
        places = {node["id"]: (node["x"], node["y"]) for node in there["nodes"]}
        for box in here["nodes"]:
            assert places[box["id"]] == pytest.approx((box["x"], box["y"]), abs=0.5), box["name"]
        points = {edge["id"]: edge["points"] for edge in there["edges"]}
        for edge in here["edges"]:
            for ours, theirs in zip(edge["points"], points[edge["id"]], strict=True):
                assert theirs == pytest.approx(ours, abs=0.5), edge["id"]


def test_the_unit_tests_pass() -> None:
    found = subprocess.run(
        [node(), "--no-warnings", "--test", "--test-reporter=spec", "unit/"],
        cwd=HERE, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]


def test_no_module_is_left_out_of_the_check_of_types() -> None:
    left_out = [
        f"{file.relative_to(PACKAGE)}: {found[0]}"
        for file in sorted(PACKAGE.rglob("*.js"))
        if (found := re.search(r"@ts-(?:nocheck|ignore|expect-error)", file.read_text(encoding="utf-8")))
    ]
    assert left_out == []


def test_each_module_without_a_page_has_a_unit_test() -> None:
    """A module that never touches the document is tried in Node."""
    tried = "\n".join(file.read_text(encoding="utf-8") for file in (HERE / "unit").glob("*.test.js"))
    pure = {
        file
        for file in STATIC.rglob("*.js")
        if not re.search(r"\b(h|s)\(\s*\"|document\b|matchMedia", file.read_text(encoding="utf-8"))
    }
    missing = sorted(
        file.relative_to(STATIC).as_posix()
        for file in pure
        if f"static/{file.relative_to(STATIC).as_posix()}" not in tried
    )
    assert missing == []
