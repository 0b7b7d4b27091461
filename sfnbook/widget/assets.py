"""The page's own files, joined: the ES modules into one text, the style sheets into one."""

from __future__ import annotations

import re
from importlib import resources
from typing import Final

MODULES: Final = (
    "format",
    "dom",
    "answer",
    "json",
    "kernel",
    "lineage",
    "origin",
    "logs",
    "runs",
    "meters",
    "scope",
    "arrange",
    "iterations",
    "picker",
    "ruler",
    "tones",
    "holders",
    "passing",
    "viewport",
    "minimap",
    "finder",
    "shapes",
    "lettering",
    "taken",
    "walk",
    "weights",
    "kin",
    "chips",
    "follower",
    "ticker",
    "toolbar",
    "diagram",
    "events",
    "timescale",
    "timebars",
    "timeline",
    "inspector",
    "debugger",
    "widget",
)
STYLES: Final = ("diagram", "widget")

_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) ([A-Za-z_$][\w$]*))", re.MULTILINE)
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_LINE_COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/\n", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def script() -> str:
    """Return the ES modules joined into one, comments and indentation dropped: it is sent once to every page.

    Each module keeps a scope of its own, so that two may use one name; the last one's default export is the widget.
    """
    parts = [_module(_static(f"{name}.js")) for name in MODULES[:-1]]
    return "\n".join([*parts, _lean(_IMPORT.sub("", _static(f"{MODULES[-1]}.js")))])


def loader() -> str:
    """Return the ES module that each widget brings along, which loads `script` and `style` once per page."""
    return _lean(_static("loader.js"))


def style() -> str:
    """Return the style sheets joined into one."""
    return "\n".join(_INDENT.sub("", _BLOCK_COMMENT.sub("", _static(f"{name}.css"))) for name in STYLES)


def _static(name: str) -> str:
    return resources.files("sfnbook.widget").joinpath("static", name).read_text(encoding="utf-8")


def _module(source: str) -> str:
    names = ", ".join(_EXPORT.findall(source))
    return (
        f"const {{{names}}} = (() => {{\n{_lean(_EXPORT.sub('', _IMPORT.sub('', source)))}return {{{names}}};\n}})();"
    )


def _lean(source: str) -> str:
    return _INDENT.sub("", _LINE_COMMENT.sub("", _BLOCK_COMMENT.sub("", source)))
