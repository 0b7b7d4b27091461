"""State machines to start from, each a folder with its definition, functions, input and test.

They are in `starters/` beside the package's source and in `_starters` of an installed package; their `README.md` lists them.
`write` lays one out as a folder that runs at once, without an account; `cells` gives it as cells of a notebook.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sfnbook.errors import InputError

if TYPE_CHECKING:
    from sfnbook.diagram.svg import Theme

MACHINE: Final = "machine.asl.json"
"""The definition's file, in every starter."""

_PACKAGE: Final = Path(__file__).parent.parent
_ENTRY: Final = re.compile(r"- \[([\w-]+)\]\([^)]*\): (.+)")


@dataclass(frozen=True, slots=True)
class Starter:
    """A machine to start from.

    group: the heading that it is listed under. summary: what it shows, in a line. files: what its folder holds, text by path.
    last_cells: what a notebook has after functions and machine, empty for a run with the input.
    """

    name: str
    group: str
    summary: str
    files: dict[str, str]
    last_cells: tuple[str, ...] = ()

    @property
    def definition(self) -> str:
        """The text of its state machine."""
        return self.files[MACHINE]

    @property
    def run(self) -> str:
        """The command that runs it, in its folder."""
        if "template.yaml" in self.files:
            machine = _first_machine(self.files["template.yaml"])
            return f"sfnbook run template.yaml --machine {machine} --input @input.json"
        bindings = " --bindings bindings.toml" if "bindings.toml" in self.files else ""
        return f"sfnbook run {MACHINE}{bindings} --input @input.json"


def folder() -> Path:
    """Return the folder of the starters: inside the installed package, or beside it in a source tree."""
    inside = _PACKAGE / "_starters"
    return inside if inside.is_dir() else _PACKAGE.parent / "starters"


def starters() -> dict[str, Starter]:
    """Return the starters by name, in the order of the list in `README.md`."""
    found, group = {}, ""
    for line in (folder() / "README.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            group = line[3:]
        elif match := _ENTRY.fullmatch(line):
            place = folder() / match[1]
            found[match[1]] = Starter(match[1], group, match[2], _files(place), _last_cells(place))
    return found


def _files(place: Path) -> dict[str, str]:
    paths = sorted(path for path in place.rglob("*") if path.is_file())
    names = {path: path.relative_to(place) for path in paths}
    shown = {path: name for path, name in names.items() if not any(part.startswith((".", "_")) for part in name.parts)}
    return {name.as_posix(): path.read_text("utf-8") for path, name in shown.items()}


def _last_cells(place: Path) -> tuple[str, ...]:
    """Return the cells of `_notebook.txt`, each after a line ``# %%``; none where there is no such file."""
    file = place / "_notebook.txt"
    text = file.read_text("utf-8") if file.is_file() else ""
    return tuple(cell.strip("\n") for cell in text.split("# %%\n")[1:])


def _first_machine(template: str) -> str:
    found = re.search(r"^  (\w+):\n    Type: AWS::Serverless::StateMachine", template, re.MULTILINE)
    return found[1] if found else ""


def cells(starter: Starter) -> list[str]:
    """Return a starter as cells of a notebook: its functions, its machines, and a run."""
    functions = [starter.files["functions.py"]] if "functions.py" in starter.files else []
    others = [name for name in starter.files if name.endswith(".asl.json") and name != MACHINE]
    children = [f"%%statemachine {name.partition('.')[0]}\n{starter.files[name]}" for name in others]
    machine = f"%%statemachine {starter.name}\n{starter.definition}"
    last = starter.last_cells or (_run_cell(starter.name, starter.files["input.json"].strip()),)
    return [text.strip("\n") for text in (*functions, *children, machine, *last)]


def _run_cell(name: str, input: str) -> str:
    return f"%%sfn_run {name}\n{input}" if "\n" in input else f"run = %sfn_run {name} {input}"


def picture(starter: Starter, theme: Theme = "auto") -> str:
    """Return a starter's diagram as SVG text."""
    from sfnbook.diagram.graph import graph
    from sfnbook.diagram.picture import picture_of
    from sfnbook.language.parser import parse

    definition = parse(starter.definition).definition
    assert definition is not None, starter.name  # the tests hold that each is sound
    return picture_of(graph(definition), {}, theme, title=starter.name)


def find(name: str) -> Starter:
    """Return a starter by its name. Raises InputError for one that there is not."""
    known = starters()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1)
    meant = f'Did you mean "{near[0]}"?' if near else f"There are {', '.join(known)}."
    raise InputError(f'There is no template "{name}". {meant}')


def listing() -> str:
    """Return the list of the starters as text, under their headings."""
    known = starters()
    width = max(map(len, known))
    lines: list[str] = []
    group = ""
    for one in known.values():
        if one.group != group:
            lines += ["", one.group] if lines else [one.group]
            group = one.group
        lines.append(f"  {one.name:<{width}}  {one.summary}")
    return "\n".join(lines)


def write(name: str, place: Path) -> Starter:
    """Write a starter's files into a folder that is new or empty, and return the starter. Raises InputError."""
    starter = find(name)
    try:
        place.mkdir(parents=True, exist_ok=True)
        if any(place.iterdir()):
            raise InputError(f"{place} is not empty: name a new folder.")
        for file, text in starter.files.items():
            target = place / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8", newline="\n")
    except OSError as fault:
        raise InputError(f"{place} cannot be written: {fault.strerror}.") from None
    return starter
