"""Speed on the workloads, and the ratio to other local engines, in one run.

    python tests/benchmarks/bench.py [--machines DIR] [--moto PYTHON] [--als DIR] [NAME ...]

``--machines``: the folder with NAME.asl.json, .input.json, .expect.json and index.json (by default the one beside the
checkout). ``--moto``: a Python that has moto with jsonpath-ng 1.16; ``--als``: the folder in which npm installed
aws-local-stepfunctions. Machines are noisy: every engine runs in turn, in this one call, five times, and the medians
are printed. CPU time of the process, history recorded, the result compared with what is expected.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[2].parent / "shared" / "bench"
NAMES = ("w1_chain", "w2_loop", "w3_map0", "w3_map40", "w4_parallel", "w5_data", "w6_jsonata", "w7_task")
TIMES = 5
PEER_NAMES = ("w1_chain", "w2s_loop", "w3s_map0", "w4_parallel", "w5_data")


def ours(folder: Path, name: str, *, sustained: bool) -> dict[str, Any]:
    """Run a workload through the public API: once, and for ``sustained`` again and again."""
    from sfnbook import StateMachine

    text = (folder / f"{name}.asl.json").read_text()
    data = json.loads((folder / f"{name}.input.json").read_text())
    expected = json.loads((folder / f"{name}.expect.json").read_text())
    transitions = json.loads((folder / "index.json").read_text())[name]["transitions"]
    began = time.process_time()
    machine = StateMachine(text, name=name)
    created = time.process_time() - began
    machine.bind("inc", lambda event: {"n": event["n"] + 1})
    if not transitions:
        return {"create_cpu": created, "rss_mb": _memory()}
    machine.run(data)
    gc.collect()  # so that a full collection of what importing left falls on nobody's measurement by chance
    began = time.process_time()
    run = machine.run(data)
    spent = time.process_time() - began
    right = run.output == expected
    found = {"create_cpu": created, "cpu": spent, "transitions": transitions, "right": right, "rss_mb": _memory()}
    return {**found, "sustained": _sustained(machine, data) * transitions} if sustained else found


def _sustained(machine: Any, data: Any) -> float:
    """Return the runs a CPU second over two seconds of one run after the other, Python's collector on."""
    began, runs = time.process_time(), 0
    while time.process_time() - began < 2:
        machine.run(data)
        runs += 1
    return runs / (time.process_time() - began)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(command: list[str], env: dict[str, str] | None = None) -> dict[str, Any] | None:
    """Run a command that prints one JSON line; None when it cannot, and it is said why."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ, **(env or {})})
        if done.returncode:
            print(f"    {command[-1]}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return found
    except (subprocess.TimeoutExpired, json.JSONDecodeError, IndexError, OSError):
        return None


def median(rows: list[dict[str, Any]], key: str) -> float:
    """The median of a figure over the rows that have it."""
    return statistics.median(row[key] for row in rows if key in row)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--machines", type=Path, default=BENCH / "machines")
    parser.add_argument("--moto")
    parser.add_argument("--als")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--sustained", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(ours(given.machines, given.one, sustained=given.sustained)))
        return 0
    if not given.machines.is_dir():
        print(f"no workloads in {given.machines}; say --machines DIR", file=sys.stderr)
        return 2
    mine = [sys.executable, __file__, "--machines", str(given.machines), "--one"]
    print("sfnbook, medians of five processes")
    for name in given.names or NAMES:
        rows = [row for _ in range(TIMES) if (row := measure([*mine, name, "--sustained"]))]
        if not rows:
            return 1
        cpu = median(rows, "cpu")
        rate = rows[0]["transitions"] / cpu
        wrong = "" if all(row["right"] for row in rows) else "  WRONG RESULT"
        print(
            f"  {name:12} {rate:>10,.0f} transitions/CPU s {cpu * 1000:8.2f} ms {median(rows, 'rss_mb'):6.1f} MB"
            f" {median(rows, 'sustained'):>10,.0f} sustained{wrong}"
        )
    rows = [row for _ in range(TIMES) if (row := measure([*mine, "w8_parse500"]))]
    print(f"  w8_parse500  create {median(rows, 'create_cpu') * 1000:.1f} ms CPU {median(rows, 'rss_mb'):.1f} MB")
    rows = [_whole(given.machines) for _ in range(TIMES)]
    print(f"  w9_one       process start to end {median(rows, 'cpu'):.3f} s CPU {median(rows, 'rss_mb'):.1f} MB")
    peers = {}
    if given.moto:
        peers["moto"] = ([given.moto, str(given.machines.parent / "peer_moto.py")], {})
    if given.als:
        modules = str(Path(given.als) / "node_modules")
        peers["aws-local-stepfunctions"] = (
            ["node", str(given.machines.parent / "peer_als.cjs")],
            {"NODE_PATH": modules},
        )
    for peer, (command, env) in peers.items():
        print(f"times faster than {peer}, same files, one after the other")
        for name in given.names or PEER_NAMES:
            pairs = [(measure([*mine, name]), measure([*command, name], env)) for _ in range(3)]
            ratios = [b["cpu"] / a["cpu"] for a, b in pairs if a and b and "cpu" in b]
            print(f"  {name:12} {statistics.median(ratios):>10,.0f}" if ratios else f"  {name:12} it fails")
    return 0


def _whole(folder: Path) -> dict[str, Any]:
    """Process start to the end of a one-state run, imports included."""
    code = (
        "import sys, json, resource; from pathlib import Path; from sfnbook import StateMachine;"
        f"p = Path({str(folder)!r}); m = StateMachine(p / 'w9_one.asl.json', name='w9');"
        "r = m.run({}); assert r.output == 'hi';"
        "u = resource.getrusage(resource.RUSAGE_SELF);"
        "print(json.dumps({'cpu': u.ru_utime + u.ru_stime, 'rss_mb': u.ru_maxrss / 1024}))"
    )
    return measure([sys.executable, "-c", code]) or {}


if __name__ == "__main__":
    sys.exit(main())
