"""Every module can be imported alone, in a process that knows nothing of sfnbook yet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sfnbook

HOUSE = Path(sfnbook.__file__).parent

SCRIPT = """
import importlib, os, sys
for foreign in ("IPython.display", "anywidget", "boto3", "jlens", "jsonpath_ng.ext", "yaml"):
    importlib.import_module(foreign)  # once for all: not what is asked about
for name in sys.argv[1:]:
    assert not any(known.split(".")[0] == "sfnbook" for known in sys.modules)
    child = os.fork()
    if child == 0:
        importlib.import_module(name)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print("failed:", name)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no fork on Windows")
def test_every_module_alone(tmp_path: Path) -> None:
    paths = [
        path
        for path in sorted(HOUSE.rglob("*.py"))
        if not {"_course", "_starters"} & {*path.parts} and path.stem != "__main__"
    ]
    names = [".".join(path.relative_to(HOUSE.parent).with_suffix("").parts) for path in paths]
    batches = [names[0::2], names[1::2]]
    compiled_once = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    compiled_once["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *batch],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=compiled_once,
        )
        for batch in batches
    ]
    said = [process.communicate()[0] for process in running]
    assert said == ["", ""]
    assert [process.returncode for process in running] == [0, 0]
