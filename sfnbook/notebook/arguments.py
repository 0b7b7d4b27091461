"""Arguments: the line behind a magic, split into words and options.

Owns the small grammar that all magics share: words are separated by blanks outside quotes and brackets, so JSON and
Python expressions need no quoting; options start with ``--`` and may stand anywhere. A line that does not fit raises
InputError with the usage and an example. Knows neither IPython nor machines.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sfnbook.errors import InputError

_CLOSING: Final = {"{": "}", "[": "]", "(": ")"}
_QUOTES: Final = "\"'"


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command. ``value`` is what its argument is called, "" for a switch."""

    name: str
    value: str
    help: str
    choices: tuple[str, ...] = ()
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """What a magic takes: at least ``required`` and at most ``allowed`` words (None: the rest belongs to the last)."""

    name: str
    words: str
    summary: str
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    required: int = 0
    allowed: int | None = None

    @property
    def usage(self) -> str:
        """Return the one line that shows the command's form."""
        options = (
            f"[--{o.name}{' ' + o.value if o.value else ''}]{'...' if o.repeatable else ''}" for o in self.options
        )
        return " ".join(part for part in (self.name, self.words, *options) if part)

    def help(self) -> str:
        """Return the text of ``--help``."""
        width = max((len(f"--{o.name} {o.value}") for o in self.options), default=0)
        options = [f"  {f'--{o.name} {o.value}':<{width}}  {o.help}" for o in self.options]
        return "\n".join(
            [self.summary, "", f"  {self.usage}", *([""] if options else []), *options, "", "Examples:"]
            + [f"  {line}" for example in self.examples for line in example.splitlines()]
        )


@dataclass(frozen=True, slots=True)
class Arguments:
    """A line that fits its command. ``rest`` is what follows the first word, as it was written."""

    words: tuple[str, ...] = ()
    rest: str = ""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def option(self, name: str) -> str | None:
        """Return an option's argument ("" for a switch), None when it was not given."""
        given = self.options.get(name)
        return given[-1] if given else None


def split(line: str) -> list[str]:
    """Return the words of a line as written, quotes included.

    >>> split('shop {"id": 1, "x": [2, 3]} --clock real')
    ['shop', '{"id": 1, "x": [2, 3]}', '--clock', 'real']
    """
    words: list[str] = []
    closing: list[str] = []
    start, quote, i = -1, "", 0
    while i < len(line):
        char = line[i]
        if quote:
            if char == "\\":
                i += 1
            elif char == quote:
                quote = ""
        elif char in _QUOTES and (closing or start < 0 or line[i - 1] in "@=([{,:+ \t"):
            quote = char
        elif char in _CLOSING:
            closing.append(_CLOSING[char])
        elif closing and char == closing[-1]:
            closing.pop()
        if char.isspace() and not quote and not closing:
            if start >= 0:
                words.append(line[start:i])
            start = -1
        elif start < 0:
            start = i
        i += 1
    return [*words, line[start:]] if start >= 0 else words


def unquote(word: str) -> str:
    """Return a word without the quotes around it, if it has any.

    >>> unquote('"Wait 4 min"')
    'Wait 4 min'
    """
    return word[1:-1] if len(word) > 1 and word[0] in _QUOTES and word[0] == word[-1] else word


def parse(command: Command, line: str) -> Arguments | None:
    """Return the arguments in a line, None when it asks for ``--help``. Raises InputError that teaches the form."""
    known = {option.name: option for option in command.options}
    words: list[str] = []
    options: dict[str, tuple[str, ...]] = {}
    pending = split(line)
    while pending:
        word = pending.pop(0)
        if word in ("--help", "-h"):
            return None
        if not word.startswith("--") or word == "--":
            words.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        option = known.get(name)
        if option is None:
            raise refuse(command, f"There is no option --{name}{_near(name, known)}")
        if option.value and not equals:
            if not pending or pending[0].startswith("--"):
                raise refuse(command, f"--{name} needs {option.value}: {option.help}.")
            value = pending.pop(0)
        if name in options and not option.repeatable:
            raise refuse(command, f"--{name} is given twice.")
        value = unquote(value)
        if option.choices and value not in option.choices:
            raise refuse(command, f"--{name} {value}: choose one of {', '.join(option.choices)}.")
        options[name] = (*options.get(name, ()), value)
    if len(words) < command.required:
        raise refuse(command, f"{command.words.split()[len(words)]} is missing.")
    if command.allowed is not None and len(words) > command.allowed:
        raise refuse(command, f"{' '.join(words[command.allowed :])!r} is too much.")
    return Arguments(tuple(unquote(word) for word in words), " ".join(words[1:]), options)


def refuse(command: Command, problem: str) -> InputError:
    """Return the error that says what is wrong, the form, and an example."""
    example = command.examples[0].splitlines()[0] if command.examples else ""
    return InputError(f"{problem}\n  usage:   {command.usage}" + (f"\n  example: {example}" if example else ""))


def _near(name: str, known: Mapping[str, Option]) -> str:
    match = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean --{match[0]}?" if match else "."
