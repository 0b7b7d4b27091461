"""``sfnbook draw``: a definition's diagram as a file. Owns its arguments; how it looks is in `sfnbook.diagram`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfnbook.errors import InputError
from sfnbook.values import printable

if TYPE_CHECKING:
    from sfnbook.machine import StateMachine


def add(commands: Any) -> None:
    """Add the command to a command line."""
    draw = commands.add_parser("draw", help="write a definition's diagram as SVG, PNG, Mermaid, DOT or HTML")
    draw.add_argument("file", metavar="FILE", help="the definition, or a template with it")
    draw.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="where to: *.svg, .png, .mmd, .dot or .html"
    )
    draw.add_argument("--machine", default="", metavar="ID", help="which machine of a template")
    draw.add_argument("--theme", default="light", choices=["light", "dark", "auto"], help="of SVG and PNG")
    draw.add_argument("--scale", default=2.0, type=float, metavar="N", help="pixels of a PNG for each one (default: 2)")
    draw.add_argument("--substitute", action="append", default=[], metavar="NAME=VALUE", help="as for run; repeatable")
    draw.set_defaults(command=_draw)


def _draw(options: argparse.Namespace) -> int:
    from sfnbook.diagram.picture import format_of
    from sfnbook.machine import StateMachine
    from sfnbook.templates.find import choose, find_in, substitutions

    format = format_of(options.output)
    found = choose(find_in(options.file, substitutions(options.substitute)), asked=options.machine)
    machine = StateMachine(found, name=found.name or Path(options.file).name.partition(".")[0], draft=True)
    drawn = picture(machine, format, options)
    try:
        Path(options.output).write_bytes(drawn)
    except OSError as fault:
        raise InputError(f"The file {options.output} cannot be written: {fault.strerror}.") from None
    print(f"{machine.name} → {options.output}")
    return 0


def picture(machine: StateMachine, format: str, options: argparse.Namespace) -> bytes:
    """Return what the file of this format holds."""
    if format == "png":
        return machine.to_png(options.theme, options.scale)
    if format == "html":
        from sfnbook.widget.export import machine_html

        return machine_html(machine).encode()
    if format == "svg":
        return machine.to_svg(options.theme).encode()
    text = machine.to_mermaid() if format == "mermaid" else str(machine.to_dot().source)
    return printable(text).encode()
