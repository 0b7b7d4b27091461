"""Text -> Definition and diagnostics. What a state machine says; pure, and without a word about what happens."""

from sfnbook.language.definition import Address, Definition, Machine, State
from sfnbook.language.diagnostics import Diagnostic
from sfnbook.language.parser import Parsed, expression_diagnostic, parse

__all__ = ["Address", "Definition", "Diagnostic", "Machine", "Parsed", "State", "expression_diagnostic", "parse"]
