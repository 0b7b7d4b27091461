"""The pages about the project: files at the root of the repository, with the links that lead into the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from generate.markdown import join, table

ROOT: Final = Path(__file__).parents[2]

FILES: Final = {
    "project/changelog.md": "CHANGELOG.md",
    "project/contributing.md": "CONTRIBUTING.md",
    "project/security.md": "SECURITY.md",
    "project/code-of-conduct.md": "CODE_OF_CONDUCT.md",
    "explanation/families.md": "tests/conformance/families.md",
}

FAMILIES: Final = ROOT / "tests" / "conformance" / "families.md"
_BAR: Final = re.compile(r"(?<!\\)\|")
_LINK: Final = re.compile(r"\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)")


def pages() -> dict[str, str]:
    """Return each of them by its place in the site, and what of the families nobody has seen."""
    own = {place: linked(place, ROOT / file) for place, file in FILES.items()}
    return {**own, "explanation/not-seen.md": not_seen()}


def not_seen() -> str:
    """Return the page of the rules for which there is no evidence, with what was chosen, from the table of families."""
    parts: list[str] = []
    for section in FAMILIES.read_text("utf-8").split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        cells = [[one.strip() for one in _BAR.split(line)[1:-1]] for line in body.splitlines() if line.startswith("| ")]
        rows = [[row[at].replace("\\|", "|") for at in (0, 3)] for row in cells[1:] if row[2] == "unknown"]
        if rows:
            parts += [f"## {title}", table(("what", "what sfnbook does"), rows)]
    return join(
        "# What nobody here has seen on AWS",
        "Recorded runs come first, then AWS's documents, then the specification. Where all three are silent, something had to be chosen. "
        "This is the list of those choices; [Families of behaviour](families.md) has the rest, with its evidence. A correction with a "
        "recorded history is the best contribution there is.",
        *parts,
    )


def linked(place: str, file: Path) -> str:
    """Return a file's Markdown for its place in the site: links to pages lead there, one to any other file is its name."""
    places = {(ROOT / name).resolve(): known for known, name in FILES.items()}
    up = "../" * place.count("/")

    def link(match: re.Match[str]) -> str:
        words, target, anchor = match[1], match[2], match[3] or ""
        path = (file.parent / target).resolve()
        docs, name = ROOT / "docs", path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else target
        if path in places:
            return f"[{words}]({up}{places[path]}{anchor})"
        if path.is_relative_to(docs):  # the page is beside this one, generated pages and pictures too
            return f"[{words}]({up}{path.relative_to(docs).as_posix()}{anchor})"
        if name == "README.md":
            return f"[{words}]({up}index.md{anchor})"
        if name.startswith("notebooks/images/"):
            return f"[{words}]({up}{name.removeprefix('notebooks/')})"
        return f"`{name}`" if words.strip("`") == name else f"{words} (`{name}`)"

    return _LINK.sub(link, file.read_text("utf-8"))
