"""Handouts: what a page for paper shows and what it leaves out."""

from __future__ import annotations

from generate import handout

PAGE = """<head></head><details class="step"><summary>Ship</summary>data</details>
<details><summary>Hint 1</summary>try</details><details>
<summary>A solution</summary>right</details><details><summary>The answer</summary>42</details>"""


def test_data_is_open_and_answers_are_left_out() -> None:
    paper = handout.page(PAGE, solutions=False)
    assert '<details open class="step"><summary>Ship</summary>data' in paper
    assert not any(word in paper for word in ("try", "right", "42"))
    assert "@page" in paper


def test_the_teachers_has_everything_open() -> None:
    assert handout.page(PAGE, solutions=True).count("<details open") == 4
