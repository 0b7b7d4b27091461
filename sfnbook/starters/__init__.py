"""State machines to start from: each a YAML file here with its definition, functions, input and test.

`write` lays one out as a folder that runs at once, without an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sfnbook.errors import InputError


@dataclass(frozen=True, slots=True)
class Starter:
    """A machine to start from. files: what its folder holds, text by file name."""

    name: str
    summary: str
    files: dict[str, str]


def starters() -> dict[str, Starter]:
    """Return the starters by name."""
    import yaml

    found = {}
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        data = yaml.safe_load(path.read_text("utf-8"))
        found[path.stem] = Starter(path.stem, data["summary"], data["files"])
    return found


def write(name: str, folder: Path) -> Starter:
    """Write a starter's files into a folder that is new or empty. Raises InputError."""
    known = starters()
    if name not in known:
        raise InputError(f'There is no starter "{name}". There are {", ".join(known)}.')
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f"{folder} is not empty: name a new folder.")
        for file, text in known[name].files.items():
            (folder / file).write_text(text, "utf-8")
    except OSError as fault:
        raise InputError(f"{folder} cannot be written: {fault.strerror}.") from None
    return known[name]
