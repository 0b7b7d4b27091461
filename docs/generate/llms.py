"""llms.txt and llms-full.txt: the site for programs that read it, as https://llmstxt.org describes the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_SUMMARY: Final = (
    "AWS Step Functions on your own machine: write a state machine in a notebook cell or a file, run it without an account, look at "
    "every state's data, test it with mocks and virtual time, serve the Step Functions API on localhost."
)
FULL: Final = ("guide/", "how-to/", "reference/command-line", "reference/magics", "reference/pytest")
"""What llms-full.txt holds: what somebody needs who uses sfnbook, not the long tables."""

_GROUPS: Final = {
    "How-to": "how-to/",
    "Guide": "guide/",
    "Reference": "reference/",
    "Tutorial": "tutorial/",
    "Templates": "templates/",
    "Explanation": "",
    "Optional": "project/",
}


def index(texts: Mapping[str, str]) -> str:
    """Return llms.txt: every page of the site by its heading, with what it begins with."""
    left = {
        place: text
        for place, text in sorted(texts.items())
        if place not in ("index.md", "how-to/index.md", "templates/index.md")
    }
    groups: dict[str, dict[str, str]] = {}
    for title, folder in sorted(_GROUPS.items(), key=lambda one: -len(one[1])):
        groups[title] = {place: left.pop(place) for place in list(left) if place.startswith(folder)}
    lines = ["# sfnbook", "", f"> {_SUMMARY}", ""]
    for title in _GROUPS:
        lines += [f"## {title}", "", *(_line(place, text) for place, text in groups[title].items()), ""]
    return "\n".join(lines)


def full(texts: Mapping[str, str]) -> str:
    """Return llms-full.txt: the guide, the how-to pages and the short references, one after the other."""
    pages = [text.strip() for place, text in sorted(texts.items()) if place.startswith(FULL)]
    return "\n\n---\n\n".join(pages) + "\n"


def _line(place: str, text: str) -> str:
    title = text.partition("\n")[0].lstrip("# ")
    rest = re.sub(r"^(`{3,}).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    paragraphs = (" ".join(part.split()) for part in rest.split("\n\n"))
    first = next((part for part in paragraphs if part and part[0] not in "#|<!(" and not part.endswith("`:")), title)
    first = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", first.strip("*"))
    sentence = re.match(r".*?[.:?](?=\s|$)", first)
    return f"- [{title}]({place.removesuffix('.md')}.html): {(sentence[0] if sentence else first)[:200]}"
