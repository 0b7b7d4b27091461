"""The example of nbgrader, generated and graded by nbgrader itself: what `.ci/run` runs, in an environment that has it.

    python tests/exercises/grading.py

It is another environment than the tests', because nbgrader wants older packages than they do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "nbgrader"
RIGHT = """    "Express?": {
      "Type": "Choice",
      "Choices": [{"Variable": "$.express", "BooleanEquals": true, "Next": "Fly"}],
      "Default": "Ship"
    },
    "Fly": {"Type": "Pass", "End": true},
    "Ship": {"Type": "Pass", "End": true}
"""
ANSWERS = {"right": RIGHT, "wrong": RIGHT.replace('"BooleanEquals"', '"IsPresent"'), "nothing": ""}
POINTS = {"right": 3.0, "wrong": 1.0, "nothing": 0.0}
"""The wrong one passes the check that the learner sees and none of those that are hidden."""


def nbgrader(folder: Path, *words: str) -> None:
    """Run nbgrader in a folder; raise where it fails."""
    subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=folder, check=True, timeout=900)


def main() -> int:
    """Generate, answer, grade and compare; return the exit code."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader starts alembic
    from nbgrader.api import Gradebook

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "course"
        shutil.copytree(EXAMPLE, folder)
        nbgrader(folder, "generate_assignment", "machines")
        released = (folder / "release" / "machines" / "lane.ipynb").read_text("utf-8")
        assert "HIDDEN" not in released
        assert "BooleanEquals" not in released
        for student, answer in ANSWERS.items():
            notebook = json.loads(released)
            (cell,) = (one for one in notebook["cells"] if "write your states here" in "".join(one["source"]))
            cell["source"] = "".join(cell["source"]).replace("    # write your states here\n", answer)
            place = folder / "submitted" / student / "machines"
            place.mkdir(parents=True)
            (place / "lane.ipynb").write_text(json.dumps(notebook), "utf-8")
        nbgrader(folder, "autograde", "machines")
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
            found = {one.id: book.find_submission("machines", one.id).score for one in book.students}
    print(found)
    return 0 if found == POINTS else 1


if __name__ == "__main__":
    sys.exit(main())
