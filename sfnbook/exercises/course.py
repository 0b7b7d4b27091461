"""The course: where its notebooks and exercises are, and how a copy of them is laid out for a learner."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from sfnbook.errors import InputError
from sfnbook.workspace import nearest

_PACKAGE: Final = Path(__file__).parent.parent


def course() -> Path:
    """Return the folder of the course: inside the installed package, or beside it in a source tree."""
    inside = _PACKAGE / "_course"
    return inside if inside.is_dir() else _PACKAGE.parent / "notebooks"


def lay_out(folder: Path) -> list[str]:
    """Copy the course into a folder and return what to say. What is there already is the user's and stays."""
    said = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source in sorted(path for path in course().rglob("*") if path.is_file() and not _hidden(path)):
            target = folder / source.relative_to(course())
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())
            elif target.read_bytes() != source.read_bytes():
                said.append(f"kept your {target.name}")
    except OSError as error:
        raise InputError(f"The course cannot be copied to {folder}: {error.strerror}.") from None
    return said


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.relative_to(course()).parts)


def reset(folder: Path, chapter: str) -> list[str]:
    """Move a learner's notebook of a chapter aside, so that `lay_out` copies it anew, and return what to say.

    chapter: the notebook's name or how it begins, as ``04``. Raises InputError for one that the course does not have.
    """
    names = sorted(path.name for path in course().glob("*.ipynb"))
    found = [name for name in names if name.startswith(chapter.removesuffix(".ipynb"))]
    if len(found) != 1:
        raise InputError(f'The course has no one chapter "{chapter}". {nearest(chapter, found or names)}')
    path = folder / found[0]
    if not path.exists():
        return []
    kept = path.with_name(f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}.ipynb")
    try:
        path.rename(kept)
    except OSError as error:
        raise InputError(f"{path} cannot be moved aside: {error.strerror}.") from None
    return [f"{path.name} is as it was at first; yours is {kept.name}"]
