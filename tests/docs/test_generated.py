"""The generated pages: every name of the tables that they are made from is there, and every link leads somewhere."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from generate import links, llms, project, reference, site, templates, tutorial
from generate.markdown import fence, table

import sfnbook
from sfnbook.language import fields
from sfnbook.lint.pages import pages as rules
from sfnbook.notebook.magics import COMMANDS
from sfnbook.server.operations import OPERATIONS
from sfnbook.starters import starters
from sfnbook.testing import plugin

ROOT = Path(__file__).parents[2]
SURFACE = (ROOT / "tests" / "public_surface.txt").read_text("utf-8").splitlines()


@cache
def page(name: str) -> str:
    return reference.pages()[f"reference/{name}.md"]


@cache
def headings(name: str) -> set[str]:
    return {line.lstrip("# ") for line in page(name).splitlines() if line.startswith("#")}


def words(name: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", page(name), flags=re.MULTILINE | re.DOTALL)))


def test_every_magic_with_its_options_and_examples() -> None:
    for command in COMMANDS.values():
        section = page("magics").partition(f"## {command.name}\n")[2].partition("\n## ")[0]
        assert command.summary in section
        assert all(
            f"`--{option.name}" in section and option.help.replace("|", "\\|") in section for option in command.options
        )
        assert all(line in section for example in command.examples for line in example.splitlines())


def test_every_template_with_its_picture_and_files() -> None:
    pages, pictures = templates.pages(), templates.pictures()
    for name, one in starters().items():
        page = pages[f"templates/{name}.md"]
        assert f"images/{name}.svg" in page
        assert f"[{name}]({name}.md): {one.summary}" in pages["templates/index.md"]
        assert "prefers-color-scheme" in pictures[f"templates/images/{name}.svg"]
        assert all(f"### {file}\n" in page for file in one.files if file != "README.md")
        assert one.definition.strip() in page
        assert one.run in page


def test_every_command_with_its_options() -> None:
    for name, (parser, help) in reference.parsers().items():
        section = page("command-line").partition(f"## sfnbook {name}\n")[2].partition("\n## ")[0]
        assert help, f"sfnbook {name} says nothing of itself"
        options = [option for action in parser._actions for option in action.option_strings if action.dest != "help"]
        assert [option for option in options if not re.search(rf"^\| `[^`]*{option}\b", section, re.MULTILINE)] == []


def test_every_public_name_and_member() -> None:
    text = "".join(reference.python().values())
    for line in SURFACE:
        name = re.match(r"(?:class )?([\w.]+)", line)[1]  # type: ignore[index]
        owner, _, member = name.partition(".")
        assert f"({name})=" in text if member else re.search(rf"^##? {owner}$", text, re.MULTILINE), name
    assert set(sfnbook.__all__) <= {line.lstrip("# ") for line in text.splitlines() if line[:1] == "#"}


TOO_LONG_TO_SHOW = {"ASL005", "ASL006", "ASL008", "ASL010", "ASL114", "SFN409"}
"""What only a definition finds that is deep, large, or made by a program."""


def test_every_rule_with_an_example_of_the_gallery() -> None:
    shown = reference.examples()
    for code, name, _, text in rules():
        section = page("diagnostics").partition(f"## {code} {name}\n")[2].partition("\n## ")[0]
        assert text in section
        assert (f"{code} {name}" in section) == (code in shown)
    assert {code for code, *_ in rules()} - set(shown) == TOO_LONG_TO_SHOW


def test_every_event_type_and_action() -> None:
    assert set(reference.event_types()) <= words("events")
    assert "`stateEnteredEventDetails`" in page("events").partition("`TaskStateEntered`")[2].partition("\n")[0]
    assert set(OPERATIONS) <= words("endpoint")
    assert (
        tomllib.loads(page("endpoint").partition("```toml\n")[2].partition("```")[0])["bindings"]["decide"]
        == "shop:decide"
    )


def test_every_field_of_every_state_and_table() -> None:
    for state, many in fields.STATE_FIELDS.items():
        section = page("fields").partition(f"## {state} state\n")[2].partition("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(many)
    tables = [value for name, value in vars(fields).items() if name.endswith("_FIELDS") and isinstance(value, dict)]
    shown = [*reference.TABLES.values(), fields.STATE_FIELDS]
    assert all(any(one is other for other in shown) for one in tables)
    assert {*fields.OPERATORS, *fields.INTEGRATIONS, *fields.ERROR_NAMES} <= words("fields")


def test_every_fixture_marker_and_option_of_the_plugin() -> None:
    assert {"sfn", "sfn_endpoint", "sfn_snapshot", "sfn_case", "sfn_failure", "sfn_replayed"} == set(
        reference.fixtures()
    )
    assert {text.partition("(")[0].partition(":")[0] for text in plugin._MARKERS} <= headings("pytest")
    assert all(f"`{name}`" in page("pytest") for name, _ in reference.plugin_options())


def test_every_chapter_with_its_pictures() -> None:
    chapters = tutorial.pages()
    assert len(chapters) == len(list((ROOT / "notebooks").glob("*.ipynb")))
    for text in chapters.values():
        assert text.startswith("# ")
        assert "data:image/svg+xml;base64," in text
        assert "\x1b" not in text
    assert ".ipynb)" not in "".join(chapters.values())


PAGES = {place: site.project.linked(place, path) for place, path in site.written().items()} | site.generated()


def anchors(text: str) -> set[str]:
    """Return what a link into a page may name: its headings as GitHub and Sphinx name them, and its targets."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", plain, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    return slugs | set(re.findall(r"^\(([\w.]+)\)=$", plain, re.MULTILINE))


@pytest.mark.parametrize("place", PAGES)
def test_every_link_leads_somewhere(place: str) -> None:
    plain = re.sub(r"^(`{3,}).*?^\1", "", PAGES[place], flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\((?!https?:|mailto:|data:)([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", plain)):
        file, _, anchor = target.partition("#")
        found = Path(place).parent / file if file else Path(place)
        name = Path(*_normal(found.parts)).as_posix()
        if name.startswith("templates/images/"):
            assert found.stem in starters(), target
            continue
        if "images/" in name:
            assert (ROOT / "notebooks" / "images" / found.name).exists(), target
            continue
        assert name in PAGES, f"{place} links to {target}"
        assert not anchor or anchor in anchors(PAGES[name]), f"{place} links to {target}"


def _normal(parts: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for part in parts:
        if part == ".." and found:
            found.pop()
        elif part != ".":
            found.append(part)
    return found


def test_cells_of_tables_and_fences_hold_anything() -> None:
    assert table(("a",), [("x|y\nz",)]) == "| a |\n| --- |\n| x\\|y z |"
    assert table(("a",), []) == ""
    assert fence("```json\n{}\n```").startswith("````text\n")


def test_llms_txt_names_every_page() -> None:
    text = llms.index(PAGES)
    assert text.startswith("# sfnbook\n\n> ")
    assert all(f"({place.removesuffix('.md')}.html)" in text for place in PAGES if "index" not in place)
    assert all(re.match(r"- \[[^\]]+\]\([\w/.-]+\): \S", line) for line in text.splitlines() if line.startswith("- "))
    assert len(llms.full(PAGES)) < 200_000


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p id="x"><a href="#x">.</a><a href="#y">.</a><a href="b.html">.</a>', "utf-8")
    assert list(links.broken(tmp_path)) == ["a.html: #y", "a.html: b.html"]


def test_what_nobody_has_seen_is_the_families_table() -> None:
    unknown = re.findall(r"\| unknown \|", project.FAMILIES.read_text("utf-8"))
    assert PAGES["explanation/not-seen.md"].count("\n| ") == len(unknown) + 2 * PAGES["explanation/not-seen.md"].count(
        "\n## "
    )
