"""The templates: a page for each machine to start from, with its picture and files, and an index with pictures."""

from __future__ import annotations

from itertools import groupby
from pathlib import PurePath
from typing import Final

from generate.markdown import fence, join
from sfnbook.starters import MACHINE, Starter, picture, starters

_LANGUAGES: Final = {".json": "json", ".py": "python", ".toml": "toml", ".yaml": "yaml"}
_MOST_LINES: Final = 12
"""Lines of a file of data that a page shows."""


def pages() -> dict[str, str]:
    """Return the index and a page for each template."""
    known = starters()
    return {"templates/index.md": index(known), **{f"templates/{name}.md": page(one) for name, one in known.items()}}


def pictures() -> dict[str, str]:
    """Return each template's diagram, which follows the reader's theme, by its place in the site."""
    return {f"templates/images/{name}.svg": picture(one) for name, one in starters().items()}


def index(known: dict[str, Starter]) -> str:
    """Return the index: pictures under their headings."""
    groups = groupby(known.values(), key=lambda one: one.group)
    return join(
        "# Templates",
        "State machines to start from, each with its functions, an input and tests that cover all of it. They run at once, without an "
        "account. `sfnbook new NAME DIR` writes one as a folder, `%sfn_template NAME` as cells of a notebook.",
        *(join(f"## {title}", _cards(list(many))) for title, many in groups),
    )


def _cards(many: list[Starter]) -> str:
    cards = [
        f":::{{container}} template-card\n[![Diagram of {one.name}](images/{one.name}.svg)]({one.name}.md)\n\n"
        f"[{one.name}]({one.name}.md): {one.summary}\n:::"
        for one in many
    ]
    return "\n".join(["::::{container} template-cards", *cards, "::::"])


def page(one: Starter) -> str:
    """Return a template's page: what its README says, its picture, how to have it, and its files."""
    title, _, words = one.files["README.md"].partition("\n")
    shown = (MACHINE, *sorted(one.files.keys() - {MACHINE, "README.md"}))
    return join(
        title,
        f":::{{container}} template-picture\n![Diagram of {one.name}](images/{one.name}.svg)\n:::",
        words,
        "## Have it",
        fence(f"sfnbook new {one.name} my-{one.name}\ncd my-{one.name}\n{one.run}\nsfnbook ci", "sh"),
        f"In a notebook: `%sfn_template {one.name}`.",
        "## Its files",
        *(join(f"### {name}", _file(name, one.files[name])) for name in shown),
    )


def _file(name: str, text: str) -> str:
    kind = _LANGUAGES.get(PurePath(name).suffix)
    lines = text.splitlines()
    if kind is None and len(lines) > _MOST_LINES:
        text = "\n".join([*lines[:_MOST_LINES], f"... {len(lines) - _MOST_LINES} more lines"])
    return fence(text, kind or "text")
