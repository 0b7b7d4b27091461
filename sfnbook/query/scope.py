"""The small interface between expressions and the code that evaluates them.

An expression is text turned, once, into a closure ``(data, scope) -> Json``. ``data`` is what ``$`` means in JSONPath
and ``$states.input`` in JSONata; everything else an expression may look at is in the `Scope`. Knows no language.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from random import Random
from typing import Final, Protocol, TypeAlias

from sfnbook.values import Json


class _Absent:
    """The type of `ABSENT`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Stands for "there is no such value", which JSON's null is not."""


class Scope:
    """What an expression may look at besides its data. Plain attributes; the engine's own scope fills them lazily.

    variables: the variables visible here, innermost scope first. context: the Context object (``$$``,
    ``$states.context``). result, error: ``$states.result`` and ``$states.errorOutput`` where the field has them, else
    ABSENT. now: seconds since the epoch, UTC. random: a seeded generator, the engine's one of the frame.
    """

    __slots__ = ("context", "error", "now", "random", "result", "variables")

    def __init__(
        self,
        *,
        variables: Mapping[str, Json] | None = None,
        context: Json = None,
        result: Json = ABSENT,
        error: Json = ABSENT,
        now: float = 0.0,
        random: Random | None = None,
    ) -> None:
        self.variables: Mapping[str, Json] = variables if variables is not None else {}
        self.context = context if context is not None else {}
        self.result = result
        self.error = error
        self.now = now
        self.random = random if random is not None else Random(0)


Expr: TypeAlias = Callable[[Json, Scope], Json]
"""A compiled expression. Raises `sfnbook.errors.StatesError`, never anything else; never mutates its arguments."""

Condition: TypeAlias = Callable[[Json, Scope], bool]


class QueryLanguage(Protocol):
    """JSONPath or JSONata. Each method turns text into a closure; a text it cannot read raises ExpressionError.

    ``field`` is the field's name as AWS writes it in causes and locations (``InputPath``, ``Parameters``, ``Output``,
    ``Arguments``, ``Choices[0]/Condition`` ...).
    """

    name: str

    def value(self, text: Json, field: str) -> Expr:
        """JSONPath: the text of a ``...Path`` field. JSONata: a literal, or a ``{% ... %}`` string."""

    def template(self, node: Json, field: str) -> Expr:
        """A payload template (``.$`` keys in JSONPath, ``{% %}`` strings at any depth in JSONata)."""

    def condition(self, rule: Mapping[str, Json], field: str) -> Condition:
        """A choice rule: comparison operators in JSONPath, ``Condition`` in JSONata."""

    def refused(self, node: Json, field: str, members: Container[str]) -> Iterable[ExpressionError]:
        """What AWS refuses of a node when a machine is created, or warns of, though it can be read: made, not raised.

        ``members``: of ``$states``, those that the field sees.
        """


class ExpressionError(ValueError):
    """The text is no expression of the language; the message is AWS's where a recorded case has it.

    where: the place of what is refused, from the state on and as AWS writes locations (``Output/a[0]``), "" where only
    the caller knows it. code: AWS's diagnostic code, "" for the usual SCHEMA_VALIDATION_FAILED. warning: whether the
    machine may run all the same.
    """

    def __init__(self, message: str, where: str = "", code: str = "", *, warning: bool = False) -> None:
        super().__init__(message)
        self.where = where
        self.code = code
        self.warning = warning
