"""The official JSONata test suite (github.com/jsonata-js/jsonata, MIT) through the adapter, as AWS's users would write it.

The cases travel in the source distribution of jsonata2py; `.ci/run` fetches the release that suite.txt pins and
names its folder in SFNBOOK_JSONATA_SUITE. Nothing of that package is imported or run.

A case that has data is asked with the data as ``$states.input``: AWS gives an expression no context of its own, so what
the suite writes for the document's root becomes ``$states.input``, and the expression stands inside a constructor there.
What AWS does differently, or the library, is named below with its reason; nothing else may miss.
"""

from __future__ import annotations

import json
import math
import os
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from sfnbook.errors import StatesError
from sfnbook.query.jsonata.language import JSONATA
from sfnbook.query.scope import ABSENT, ExpressionError, Scope

PLACE = "SFNBOOK_JSONATA_SUITE"
PINNED = Path(__file__).with_name("suite.txt").read_text().split()[0]
HOW = f"pip download --no-deps --no-binary jsonata2py -d FOLDER {PINNED}, then {PLACE}=FOLDER"

_ARRAY = "to the suite an array at the root is one value; the array in a field is its items"
_EVAL = "AWS has no $eval"
_LIMIT = "AWS ends an evaluation that makes more than 873,782 numbers"
_NEWER = "JSONata 2.1; AWS runs 2.0.6"
MISSES = {
    "flattening/array-inputs[1]": _ARRAY,
    "flattening/array-inputs[2]": _ARRAY,
    "flattening/array-inputs[3]": _ARRAY,
    "flattening/array-inputs[4]": _ARRAY,
    "flattening/case034": _ARRAY,
    "function-eval/case000": _EVAL,
    "function-eval/case001": _EVAL,
    "function-eval/case002": _EVAL,
    "function-eval/case003": _EVAL,
    "function-eval/case004": _EVAL,
    "function-eval/case005": _EVAL,
    "function-eval/case008[0]": _EVAL,
    "function-eval/case008[1]": _EVAL,
    "function-eval/case008[2]": _EVAL,
    "function-eval/case008[3]": _EVAL,
    "range-operator/case021": _LIMIT,
    "range-operator/case024": _LIMIT,
    "tail-recursion/case001": "the case sets a depth of its own, 302; AWS's is 100",
    "transform/case019": "the suite takes null for the document, AWS gives an expression none",
    **{f"coalescing-operator/case{number:03}": _NEWER for number in range(15)},
    **{f"default-operator/case{number:03}": _NEWER for number in range(14)},
}

_OVERFLOW = "the case sets a depth and a time of its own; AWS's words have no code, ours of time are U1006"
_SURROGATE = "refused when the machine is created: half a surrogate pair cannot be sent to AWS at all"
OTHER_CODES = {
    "function-encodeUrl/case002": _SURROGATE,
    "function-encodeUrlComponent/case002": _SURROGATE,
    "function-eval/case006": _EVAL,
    "function-eval/case007": _EVAL,
    "object-constructor/case024": _ARRAY,
    "tail-recursion/case002": _OVERFLOW,
    "tail-recursion/case005": _OVERFLOW,
    "tail-recursion/case006": _OVERFLOW,
}
"""Cases whose error has another code here, with the reason."""

AS_AWS_WRITES_IT = {
    "simple-array-selectors/case018": "$states.input[0]",
    "simple-array-selectors/case019": "$states.input[1]",
    "simple-array-selectors/case020": "$states.input[-1]",
    "simple-array-selectors/case021": "$states.input[1][0]",
    "simple-array-selectors/case022": "$states.input[1.1][0.9]",
    "sorting/case015": "($states.input^(age)).name",
    "sorting/case017": "($states.input^(age))[0].name",
    "sorting/case018": "($states.input^(age)[0]).name",
}
"""Cases whose ``$`` is an array as a whole: they work on the variable, as they stand."""


class Suite:
    """The groups of cases and the data sets they name, read from the archive without unpacking it."""

    def __init__(self, archive: Path) -> None:
        self.groups: dict[str, Any] = {}
        self.texts: dict[str, str] = {}
        self.datasets: dict[str, Any] = {}
        with tarfile.open(archive) as members:
            for member in members:
                path = PurePosixPath(member.name)
                if "jsonata-test-suite" not in path.parts or not member.isfile():
                    continue
                stream = members.extractfile(member)
                assert stream is not None
                text = stream.read().decode("utf-8")
                name = f"{path.parent.name}/{path.stem}"
                if path.suffix == ".jsonata":
                    self.texts[f"{path.parent.name}/{path.name}"] = text
                elif path.parent.name == "datasets":
                    self.datasets[path.stem] = json.loads(text)
                elif path.suffix == ".json":
                    self.groups[name] = json.loads(text)

    def cases(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give every case with a name for it: its file's, with an index where the file holds several."""
        for name, content in sorted(self.groups.items()):
            cases = content if isinstance(content, list) else [content]
            for index, case in enumerate(cases):
                if "expr-file" in case:
                    case = {**case, "expr": self.texts[f"{name.rpartition('/')[0]}/{case['expr-file']}"]}
                yield (f"{name}[{index}]" if len(cases) > 1 else name), case

    def data(self, case: dict[str, Any]) -> Any:
        """Return a case's document, ABSENT where it has none (null at the root is none)."""
        if case.get("data") is not None:
            return case["data"]
        return self.datasets[case["dataset"]] if case.get("dataset") else ABSENT


@cache
def suite() -> Suite | None:
    """The suite, None where it has not been fetched."""
    folder = os.environ.get(PLACE)
    found = sorted(Path(folder).glob("jsonata2py-*.tar.gz")) if folder else []
    return Suite(found[-1]) if found else None


CASES = dict(loaded.cases()) if (loaded := suite()) is not None else {}


def test_the_suite_is_there() -> None:
    """In CI it must be; elsewhere its cases are skipped."""
    if CASES:
        assert len(CASES) > 1_600
        assert not {*MISSES, *OTHER_CODES, *AS_AWS_WRITES_IT} - CASES.keys()
    elif os.environ.get("CI") == "true":
        pytest.fail(f"the official JSONata suite was not fetched: {HOW}")
    else:
        pytest.skip(f"the official JSONata suite is not here: {HOW}")


def ask(expression: str, data: Any, variables: dict[str, Any]) -> Any:
    """Return what the adapter makes of a case's expression: a value, ABSENT for undefined. Raises what it raises."""
    scope = Scope(variables=variables)
    if data is ABSENT:
        try:
            return JSONATA.value("{% " + expression + " %}", "Output")(None, scope)
        except StatesError as failure:
            if failure.cause.endswith(("returned nothing (undefined).", "returned an unsupported result type.")):
                return ABSENT
            raise
    root = "$states.input[0]" if isinstance(data, list) else "$states.input"
    text = "$states.input.{'r': (" + expression.replace("$$", root) + "\n)}"
    held = [data] if isinstance(data, list) else data
    return JSONATA.value("{% " + text + " %}", "Output")(held, scope).get("r", ABSENT)


def same(one: Any, other: Any) -> bool:
    """Equality of JSON: 1 is 1.0 but not true, and a last digit may differ."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(type(one) is type(other) and one == other)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, request: pytest.FixtureRequest) -> None:
    """Value for value; where the suite expects an error, an error."""
    if name in MISSES:
        request.applymarker(pytest.mark.xfail(reason=MISSES[name]))  # strict: a miss that is none any more says so
    case, found = CASES[name], suite()
    assert found is not None
    data = found.data(case)
    variables = case.get("bindings") or {}
    if "code" in case or "error" in case:
        code = case.get("code") or case["error"]["code"]
        with pytest.raises((StatesError, ExpressionError), match=None if name in OTHER_CODES else f"{code}: "):
            ask(case["expr"], ABSENT if code.startswith("S") else data, variables)  # S: syntax, so the text as it is
        return
    if name in AS_AWS_WRITES_IT:
        got = JSONATA.value("{% " + AS_AWS_WRITES_IT[name] + " %}", "Output")(data, Scope())
    else:
        got = ask(case["expr"], data, variables)
    if case.get("undefinedResult"):
        assert got is ABSENT
    elif case.get("unordered"):
        assert same(sorted(got, key=json.dumps), sorted(case["result"], key=json.dumps))
    else:
        assert same(got, case["result"])
