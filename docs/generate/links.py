"""Links of the built site: each leads to a file that is there, and to an anchor that the file has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            if (tag, name) in {("a", "href"), ("link", "href"), ("img", "src"), ("script", "src")} and value:
                self.links.add(value)


@cache
def _page(file: Path) -> _Page:
    return _Page(file.read_text("utf-8"))


def broken(folder: Path) -> Iterator[str]:
    """Yield each link of a folder's pages that leads nowhere: ``PAGE: LINK``."""
    for file in sorted(folder.rglob("*.html")):
        for link in sorted(_page(file).links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            wanted = unquote(parts.fragment)
            if not target.is_file() or (wanted and target.suffix == ".html" and wanted not in _page(target).anchors):
                yield f"{file.relative_to(folder)}: {link}"
