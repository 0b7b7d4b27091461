"""The public surface: what `import sfnbook` gives, with which signatures, and that each name says what it does.

`public_surface.txt` holds it line by line. A line that changes there is a change for every user: it belongs in
CHANGELOG.md, and `python tests/test_exports.py` writes the file anew.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sfnbook

SURFACE = Path(__file__).with_name("public_surface.txt")


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class, also inherited ones of ours."""
    for name in sorted(dir(owner)):
        home = next((base for base in owner.__mro__ if name in vars(base)), object)
        if not name.startswith("_") and home.__module__.startswith("sfnbook."):
            found = inspect.getattr_static(owner, name)
            yield name, getattr(found, "__func__", found)


def public() -> Iterator[tuple[str, Any]]:
    """Yield every public name with what it stands for: those of the package, and the members of its classes."""
    for name in sorted(sfnbook.__all__):
        value = getattr(sfnbook, name)
        yield name, value
        owner = value if inspect.isclass(value) else type(value)
        if owner.__module__.startswith("sfnbook."):
            yield from ((f"{name}.{member}", found) for member, found in members(owner))


def line(name: str, value: Any) -> str:
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        own = any("__init__" in vars(c) for c in value.__mro__ if c.__module__.startswith("sfnbook."))
        return f"class {name}" + (f"({bases})" if bases else "") + (f" {inspect.signature(value)}" if own else "")
    if isinstance(value, property):
        return f"{name} -> {inspect.signature(value.fget).return_annotation}"  # type: ignore[arg-type]
    return f"{name}{inspect.signature(value)}" if callable(value) else name


def surface() -> list[str]:
    return [line(name, value) for name, value in public()]


def test_the_public_surface_is_what_is_written_down() -> None:
    assert surface() == SURFACE.read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", [name for name, value in public() if callable(value) or isinstance(value, property)])
def test_a_public_name_has_a_docstring_of_its_own(name: str) -> None:
    assert inspect.getdoc(dict(public())[name]), f"{name} says nothing"


def test_every_public_name_is_there_and_no_other() -> None:
    assert sorted(sfnbook.__all__) == sfnbook.__all__
    assert set(sfnbook.__all__) <= set(dir(sfnbook))
    with pytest.raises(AttributeError, match="has no attribute 'StateMachin'"):
        sfnbook.StateMachin  # noqa: B018


if __name__ == "__main__":
    SURFACE.write_text("\n".join(surface()) + "\n", "utf-8")
