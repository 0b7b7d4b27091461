"""README's commands as they are printed, on a copy of the repository, with nothing but Python: what `.ci/run` runs.

    python tests/docs/clean_machine.py

The copy holds the files that git knows. The environment has a PATH and an empty home, no variable of this machine; only what
pip has downloaded before is used again. `sfnbook lab` is ended once it has answered.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
MINUTES = 20
CACHE = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))


def commands() -> list[str]:
    """Return README's blocks of shell commands, but for the one that runs the tests, which `.ci/run` has run."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.findall(r"^(<!-- test -->\n)?```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block.strip() for mark, block in found if not mark]


def copy(folder: Path) -> None:
    """Copy the files that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in listed.split("\0"):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def run(command: str, folder: Path, log: Path) -> None:
    """Run one command as a new user would; raise when it fails, or when JupyterLab does not answer."""
    print(f"$ {command}", flush=True)
    began = time.monotonic()
    environment = {"HOME": str(folder.parent), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "XDG_CACHE_HOME": CACHE}
    with log.open("w") as out:
        shell = subprocess.Popen(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while shell.poll() is None:
            if time.monotonic() - began > MINUTES * 60:
                raise SystemExit(f"{command}: no end after {MINUTES} minutes\n{log.read_text()}")
            if command.endswith("sfnbook lab") and (page := answered(log.read_text())):
                print(f"JupyterLab answers after {time.monotonic() - began:.0f} s: {page}", flush=True)
                return
            time.sleep(0.2)
        if shell.returncode:
            raise SystemExit(f"{command}: exit code {shell.returncode}\n{log.read_text()}")
        print(log.read_text(), end="", flush=True)
        print(f"It took {time.monotonic() - began:.1f} s.", flush=True)
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGTERM)
            shell.wait(timeout=30)


def answered(printed: str) -> str | None:
    """Return the first notebook's place once the server that the log names has it."""
    found = re.search(r"(http://[\w.]+:\d+)/lab/tree/([\w.-]+)\?token=(\w+)", printed)
    if not found:
        return None
    place = f"{found[1]}/api/contents/{found[2]}"
    request = urllib.request.Request(place, headers={"Authorization": f"token {found[3]}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return place if answer.status == 200 else None


def main() -> int:
    """Run all of them; return the exit code."""
    many = commands()
    if len(many) < 2:
        raise SystemExit("README.md shows no commands.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "sfnbook"
        folder.mkdir()
        copy(folder)
        for command in many:
            run(command, folder, Path(name) / "log")
    return 0


if __name__ == "__main__":
    sys.exit(main())
