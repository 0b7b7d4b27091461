r"""CSV as ItemReader reads it: the rows of a text, field by field (guide, "ItemReader (Map)").

A field may stand in double quotes, and a doubled quote is one quote, outside a quoted field too: ``{""a"":1}`` is
``{"a":1}``. A backslash takes the next character as it is, a delimiter or a backslash included, and is itself dropped.
Knows neither headers nor items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the fields of each row; a blank line is a row without fields. ``lines``: with their ends.

    >>> list(rows(['a,{""k"":1}'], ","))
    [['a', '{"k":1}']]
    """
    waiting = iter(lines)
    for line in waiting:
        if '"' in line or "\\" in line:
            yield _row(line, waiting, delimiter)
        else:
            text = line.rstrip("\r\n")
            yield text.split(delimiter) if text else []


def _row(line: str, more: Iterator[str], delimiter: str) -> list[str]:
    """Read a row that has quotes or backslashes; one that is open at the end of a line takes the next one, too."""
    fields: list[str] = []
    text, quoted, begun = "", False, False
    at = 0
    while True:
        if at == len(line):
            following = next(more, None) if quoted else None
            if following is None:
                break
            line, at = following, 0
            continue
        char, pair = line[at], line[at : at + 2]
        at += 1
        if char == "\\" and len(pair) == 2 and pair[1] not in "\r\n":
            text, begun, at = text + pair[1], True, at + 1
        elif char == '"':
            if not quoted and not begun:  # the field's first character
                rest = line[at + 1 : at + 2]
                if pair != '""' or rest == '"':
                    quoted, begun = True, True
                else:
                    text, begun, at = text if rest in (delimiter, "\r", "\n", "") else '"', True, at + 1
            elif pair == '""':
                text, at = text + '"', at + 1
            elif quoted:
                quoted = False
            else:
                text += char
        elif not quoted and char == delimiter:
            fields.append(text)
            text, begun = "", False
        elif not quoted and char in "\r\n":
            break
        else:
            text, begun = text + char, True
    return [*fields, text]
