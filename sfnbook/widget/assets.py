"""The page's own files, joined: the ES modules into one text, the style sheets into one."""

from __future__ import annotations

import posixpath
import re
from importlib import resources
from typing import Final

STYLES: Final = ("diagram/diagram.css", "widget.css", "editing/editing.css")

_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) ([A-Za-z_$][\w$]*))", re.MULTILINE)
_IMPORT = re.compile(r"^import [^;]*? from \"([^\"]*)\";\n", re.MULTILINE)
_LINE_COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/\n", re.MULTILINE | re.DOTALL)  # alone on its lines
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def script(entry: str = "widget.js") -> str:
    """Return the ES modules joined into one, comments and indentation dropped: it is sent once to every page.

    Each module keeps a scope of its own, so that two may use one name; the last one's default export is the widget.
    """
    *parts, frame = _in_order(entry)
    return "\n".join([*(_module(_static(name)) for name in parts), _lean(_IMPORT.sub("", _static(frame)))])


def loader() -> str:
    """Return the ES module that each widget brings along, which loads `script` and `style` once per page."""
    return _lean(_static("loader.js"))


def style() -> str:
    """Return the style sheets joined into one."""
    return "\n".join(_INDENT.sub("", _BLOCK_COMMENT.sub("", _static(name))) for name in STYLES)


def module(name: str) -> str:
    """Return one ES module as it stands, for a page that is served."""
    return _static(name)


def _static(name: str) -> str:
    return resources.files("sfnbook.widget").joinpath("static", name).read_text(encoding="utf-8")


def _in_order(entry: str) -> list[str]:
    """Return the paths of a module and of all it imports, each after those that it imports itself."""
    ordered: dict[str, None] = {}

    def add(name: str) -> None:
        for imported in _IMPORT.findall(_static(name)):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), imported))
            if path not in ordered:
                add(path)
        ordered[name] = None

    add(entry)
    return list(ordered)


def _module(source: str) -> str:
    names = ", ".join(_EXPORT.findall(source))
    return (
        f"const {{{names}}} = (() => {{\n{_lean(_EXPORT.sub('', _IMPORT.sub('', source)))}return {{{names}}};\n}})();"
    )


def _lean(source: str) -> str:
    return _INDENT.sub("", _LINE_COMMENT.sub("", _BLOCK_COMMENT.sub("", source)))
