"""The site: the written pages and the generated ones in one folder, with the tables of contents that Sphinx wants."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from generate import project, reference, templates, tutorial
from generate.markdown import join

DOCS: Final = Path(__file__).parents[1]
ROOT: Final = DOCS.parent

CONTENTS: Final[dict[str, tuple[str, ...]]] = {
    "Tutorial": ("tutorial/*",),
    "Guide": ("guide/notebook", "guide/python", "guide/testing", "guide/services", "guide/endpoint", "editors"),
    "Templates": ("templates/index", "templates/*"),
    "How-to": ("how-to/index", "how-to/*"),
    "Reference": (
        "reference/magics",
        "reference/command-line",
        "reference/python",
        "reference/state-machine",
        "reference/run",
        "reference/pytest",
        "reference/diagnostics",
        "reference/events",
        "reference/fields",
        "reference/endpoint",
    ),
    "Explanation": ("what-works", "comparison", "how-it-is-built", "decisions", "architecture", "explanation/*"),
    "Project": ("compatibility", "project/*"),
}
"""The left column, by its headings; a star means all pages of a folder."""


def generated() -> dict[str, str]:
    """Return every generated page: its place in the site, and its Markdown."""
    return {**tutorial.pages(), **templates.pages(), **reference.pages(), **project.pages()}


def written() -> dict[str, Path]:
    """Return every written page: its place in the site, and its file."""
    return {path.relative_to(DOCS).as_posix(): path for path in sorted(DOCS.rglob("*.md"))}


def lay_out(folder: Path) -> dict[str, str]:
    """Write the whole site as Markdown into a new folder; return the pages by their places."""
    shutil.rmtree(folder, ignore_errors=True)
    texts = {**{place: project.linked(place, path) for place, path in written().items()}, **generated()}
    texts["index.md"] = join(texts["index.md"], *(_contents(title, many) for title, many in CONTENTS.items()))
    for place, text in texts.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, "utf-8")
    (folder / "templates" / "images").mkdir(parents=True)
    for place, drawn in templates.pictures().items():
        (folder / place).write_text(drawn, "utf-8")
    for place in ("tutorial/images", "images"):
        shutil.copytree(ROOT / "notebooks" / "images", folder / place)
    return texts


def _contents(title: str, pages: tuple[str, ...]) -> str:
    lines = [f":caption: {title}", ":hidden:", ":glob:", ":titlesonly:", "", *pages]
    return "\n".join(["```{toctree}", *lines, "```"])
