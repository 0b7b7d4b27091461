"""The types of the pages' messages for JavaScript, made from Python's TypedDicts.

``python tests/javascript/declarations.py`` writes the ``static/messages.d.ts`` of the widget and of the served page anew
after a message has changed.
"""

from __future__ import annotations

import inspect
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import sfnbook
from sfnbook.server import page_lists
from sfnbook.text import explain
from sfnbook.widget.traits import lineage, shapes

PACKAGE: Final = Path(sfnbook.__file__).parent
FILES: Final = {
    PACKAGE / "widget" / "static" / "messages.d.ts": (shapes, lineage, explain),
    PACKAGE / "server" / "static" / "messages.d.ts": (page_lists,),
}
HEAD: Final = """\
// What Python and the page tell each other, made by tests/javascript/declarations.py from the TypedDicts in
// {source}: change it there. These types are known in every module without an import.
"""
_PLAIN: Final = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null", Any: "any"}


def declarations(modules: tuple[ModuleType, ...]) -> str:
    """Return the text of a file: an interface for each TypedDict, a type for each alias that has a name."""
    aliases = dict(_aliases(modules))
    parts = [HEAD.format(source=f"{modules[0].__name__.replace('.', '/')}.py")]
    for name, kind in aliases.items():
        parts.append(f"type {name} = {_type(kind, {n: a for n, a in aliases.items() if n != name})};\n")
    for found in _typed_dicts(modules):
        parts.append(_interface(found, aliases))
    return "\n".join(parts)


def _aliases(modules: tuple[ModuleType, ...]) -> Iterator[tuple[str, Any]]:
    for module in modules:
        for name, value in vars(module).items():
            if get_origin(value) is not None and (name.endswith(("Message", "Kind")) or name == "Point"):
                yield name, value


def _typed_dicts(modules: tuple[ModuleType, ...]) -> list[Any]:
    found = [
        v for module in modules for v in vars(module).values() if is_typeddict(v) and v.__module__ == module.__name__
    ]
    return sorted(found, key=lambda one: str(one.__name__))


def _interface(found: Any, aliases: dict[str, Any]) -> str:
    about = textwrap.indent(inspect.cleandoc(found.__doc__), " * ", lambda _: True).replace(" * \n", " *\n")
    hints = get_type_hints(found, include_extras=True)
    fields = [
        f"  {name}{'?' if get_origin(hint) is NotRequired else ''}: {_type(hint, aliases)};"
        for name, hint in hints.items()
    ]
    return f"/**\n{about}\n */\ninterface {found.__name__} {{\n" + "\n".join(fields) + "\n}\n"


def _type(hint: Any, aliases: dict[str, Any]) -> str:
    """Return a Python type as TypeScript; raises TypeError for one that has no JSON."""
    known = next((name for name, alias in aliases.items() if alias == hint), None)
    if known is not None:
        return known
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_typeddict(hint):
        return str(hint.__name__)
    of = get_args(hint)
    match get_origin(hint):
        case origin if origin is Annotated:
            return str(of[1])
        case origin if origin is NotRequired:
            return _type(of[0], aliases)
        case origin if origin is Literal:
            return " | ".join(f'"{word}"' for word in of)
        case origin if origin in (Union, types.UnionType):
            return " | ".join(_type(one, aliases) for one in of)
        case origin if origin is list:
            inner = _type(of[0], aliases)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case origin if origin is dict:
            return f"Record<string, {_type(of[1], aliases)}>"
    raise TypeError(f"{hint} has no type in JSON.")


if __name__ == "__main__":
    for file, modules in FILES.items():
        file.write_text(declarations(modules), encoding="utf-8")
