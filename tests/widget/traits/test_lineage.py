"""Where data came from, as the page is told: small enough to travel, and followed in JavaScript as in Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.query.scope import ABSENT
from sfnbook.widget import assets
from sfnbook.widget.traits.lineage import MOST_LINKS, lineage_message, links_message
from sfnbook.widget.traits.recorder import Recorder

ARN = "arn:aws:lambda:eu-west-1:1:function:"
INNER = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Parameters": {"v.$": "$.v", "k.$": "$keep"}, "End": True}}}
MACHINE = {
    "StartAt": "Task",
    "States": {
        "Task": {
            "Type": "Task",
            "Resource": f"{ARN}f",
            "Parameters": {"id.$": "$.id"},
            "ResultPath": "$.made.deep",
            "Assign": {"keep.$": "$.list"},
            "Next": "Fork",
        },
        "Fork": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "L", "States": {"L": {"Type": "Pass", "InputPath": "$.made", "End": True}}},
                {
                    "StartAt": "R",
                    "States": {"R": {"Type": "Pass", "Result": {"r": 1}, "ResultPath": "$.id", "End": True}},
                },
            ],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$[0].deep.list",
            "ItemSelector": {"v.$": "$$.Map.Item.Value", "all.$": "$[1].id"},
            "ItemProcessor": INNER,
            "Next": "Out",
        },
        "Out": {
            "Type": "Pass",
            "Parameters": {
                "some.$": "$[?(@.v > 1)].v",
                "text.$": "States.Format('{} {}', $[0].v, $$.Execution.Input.name)",
                "two.$": "States.Array($[0].k[1], $keep)",
            },
            "Next": "Which?",
        },
        "Which?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.text", "StringMatches": "z*", "Next": "End"}],
            "Default": "End",
        },
        "End": {"Type": "Succeed"},
    },
}


def run() -> Any:
    machine = StateMachine(MACHINE, name="m", namespace={"f": lambda event: {"list": [1, 2, 3]}})
    done = machine.run({"id": 7, "name": "n", "list": ["a", "b"], "rest": {"x": 1}})
    assert done.status == "SUCCEEDED", done.cause
    return done


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in pairs for place in places(child, (*path, key)))]


ASK = """
import { Trace } from "./lineage.mjs";
import { readFileSync } from "node:fs";
const { visits, spots } = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const trace = new Trace(visits);
const answers = spots.map((spot) => ({ hops: trace.back(spot).hops, uses: trace.forward(spot), used: trace.isUsed(spot) }));
console.log(JSON.stringify(answers));
"""


def test_the_page_follows_links_as_python_does(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node to run the module")
    done = run()
    visits = Recorder(done.machine, done).visits()
    spots: list[dict[str, Any]] = []
    for visit in done.visits:
        for stage in done.stages(visit):
            spots += [{"visit": visit.id, "stage": stage.name, "path": list(p)} for p in places(stage.value)]
    spots += [{"visit": 0, "stage": "input", "path": list(p)} for p in places(done.input)]
    spots += [{"visit": 0, "stage": "output", "path": list(p)} for p in places(done.output)]
    (tmp_path / "lineage.mjs").write_text(assets._static("inspector/lineage.js"), "utf-8")
    (tmp_path / "ask.mjs").write_text(ASK, "utf-8")
    (tmp_path / "data.json").write_text(json.dumps({"visits": visits, "spots": spots}), "utf-8")
    answer = subprocess.run(
        [node, "ask.mjs", "data.json"], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    )
    told = json.loads(answer.stdout)
    assert len(told) == len(spots) > 150
    for spot, found in zip(spots, told, strict=True):
        expected = lineage_message(done.lineage(spot["visit"] or None, spot["path"], stage=spot["stage"]))
        for side in ("hops", "uses"):
            assert [settled(hop) for hop in found[side]] == [settled(hop) for hop in expected[side]], spot
    unused = {
        (v.id, s.name, *p)
        for v in done.visits
        for s in done.stages(v)
        for p in places(s.value)
        if any(list(p[: len(u)]) == u for u in steps(done.unused(v, stage=s.name)))
    }
    for spot, found in zip(spots, told, strict=True):
        if spot["visit"]:
            assert found["used"] is ((spot["visit"], spot["stage"], *spot["path"]) not in unused), spot


def settled(hop: dict[str, Any]) -> Any:
    return [hop[k] for k in ("depth", "visit", "stage", "path", "how", "by")] + sorted(map(json.dumps, hop["without"]))


def steps(paths: list[str]) -> list[list[Any]]:
    from sfnbook.query.jsonpath.paths import reference_path

    return [list(reference_path(path)) for path in paths]


def test_a_visit_carries_its_links_and_its_surroundings() -> None:
    done = run()
    out = next(visit for visit in Recorder(done.machine, done).visits() if visit["name"] == "Out")
    assert out["links_cut"] is False
    assert ["afterParameters", ["text"], "made"] in [link[:3] for link in out["links"]]
    assert json.loads(out["context"]["text"])["State"]["Name"] == "Out"
    assert out["variables"]["keep"]["value"]["text"] == "[1,2,3]" or out["variables"]["keep"]["by"] == 2


def test_many_links_stay_in_the_kernel() -> None:
    each = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"n.$": "$.xs[*]"}, "End": True}}}
    done = StateMachine(each, name="m").run({"xs": list(range(5_000))})
    [visit] = done.visits
    sent, cut = links_message(done.links(visit))
    assert (len(sent), cut) == (MOST_LINKS, True)
    assert [o.path for o in done.lineage("A", "$.n[4999]").origins] == ["$.xs[4999]"]
    told = Recorder(done.machine, done).lineage({"visit": visit.id, "stage": "output", "path": ["n", 4999]})
    assert told is not None
    assert told["hops"][-1]["path"] == ["xs", 4999]
    assert Recorder(done.machine, done).lineage({"visit": visit.id, "stage": "output", "path": ["nothing"]}) is None


def test_keys_that_cannot_travel_do_not_stop_the_rest() -> None:
    done = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="m").run({"\ud83d": 1})
    recorder = Recorder(done.machine, done)
    json.dumps(recorder.visits(), ensure_ascii=False).encode()
    json.dumps(recorder.lineage({"visit": 0, "stage": "input", "path": ["\ud83d"]}), ensure_ascii=False).encode()


def test_values_exist_at_every_place_that_is_named() -> None:
    done = run()
    for visit in done.visits:
        for stage in done.stages(visit):
            for path in places(stage.value):
                for hop in done.lineage(visit, path, stage=stage.name).hops:
                    assert hop.value is not ABSENT or hop.stage in ("context", "errorOutput"), (str(hop), path)
