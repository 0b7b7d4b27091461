"""The pages about the project: files at the root of the repository, with the links that lead into the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

FILES: Final = {
    "project/changelog.md": "CHANGELOG.md",
    "project/contributing.md": "CONTRIBUTING.md",
    "project/security.md": "SECURITY.md",
    "project/code-of-conduct.md": "CODE_OF_CONDUCT.md",
    "explanation/families.md": "tests/conformance/families.md",
}

_LINK: Final = re.compile(r"\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)")


def pages() -> dict[str, str]:
    """Return each of them by its place in the site."""
    return {place: linked(place, ROOT / file) for place, file in FILES.items()}


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
