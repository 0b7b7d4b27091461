"""The gallery of broken definitions, the pages of the rules, and what sound machines are not told."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from sfnbook import InputError
from sfnbook.language import reader
from sfnbook.lint.check import check
from sfnbook.lint.pages import page, pages
from sfnbook.lint.rule import RULES
from sfnbook.templates.find import find_in

spec = importlib.util.spec_from_file_location("gallery", Path(__file__).with_name("gallery.py"))
assert spec is not None
assert spec.loader is not None
gallery = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gallery)

EXPECTED = {
    name: text.strip("\n")
    for part in f"\n{gallery.TEXTS.read_text('utf-8')}".split("\n== ")[1:]
    for name, _, text in [part.partition("\n")]
}


def test_every_message_is_complete() -> None:
    assert len(gallery.CASES) >= 280
    said = dict(gallery.said())
    assert said == EXPECTED
    assert [name for name, text in said.items() if not text] == []


def test_every_lint_rule_is_in_the_gallery_and_has_a_page() -> None:
    text = gallery.TEXTS.read_text("utf-8")
    missing = {code for code in RULES if f" {code} " not in text}
    assert missing <= {"SFN409"}
    for code, name, _, body in pages():
        assert body, code
        assert page(name).startswith(f"{code} {name} (")
    with pytest.raises(InputError, match='Did you mean "choice-without-default"'):
        page("choice-without-defaults")


MACHINES = os.environ.get("SFNBOOK_MACHINES", "")


@pytest.mark.skipif(not MACHINES, reason="SFNBOOK_MACHINES names no folder")
def test_real_machines_are_told_of_no_error() -> None:
    found = [
        f"{path.name} {one}"
        for path in sorted(Path(MACHINES).glob("*.json"))
        for machine in find_in(path)
        for one in check(machine.definition)
        if one.severity == "ERROR" or one.rule.startswith(("SFN2", "SFN3", "SFN404", "SFN405"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("", 1),
        ("sfnbook: ignore SFN101", 0),
        ("Ours. sfnbook: ignore choice-without-default, SFN402", 0),
        ("sfnbook: ignore SFN102", 1),
    ],
)
def test_a_comment_silences_a_rule(comment: str, said: int) -> None:
    definition = gallery.choice(gallery.rule(NumericEquals=1), Comment=comment)
    del definition["States"]["A"]["Default"]
    reading = reader.read(gallery.json.dumps(definition))
    assert len(check(reading)) == said
    assert check(reading, levels={"SFN101": "off"}) == []
    assert [one.severity for one in check(reading, levels={"choice-without-default": "error"})] == ["ERROR"] * said


def test_what_aws_refuses_cannot_be_silenced() -> None:
    reading = reader.read(
        '{"Comment": "sfnbook: ignore all", "StartAt": "B", "States": {"A": {"Type": "Pass", "End": true}}}'
    )
    assert [one.rule[:6] for one in check(reading, levels={"ASL104": "off"})] == ["ASL104", "ASL105"]
