"""Builds the tests' images without any image registry: from busybox and from the Python that runs the tests."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path

HERE = Path(__file__).parent
UNUSED = ("test", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages", "dist-packages")
UNUSED += ("pydoc_data", "distutils", "config-*", "__pycache__", "*.a")


def plain(root: Path) -> str:
    """Lay out busybox; return the Containerfile."""
    (root / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "/bin/busybox", root / "bin/busybox")
    for name in ("sh", "cat", "echo", "sleep", "head", "yes", "kill", "dd", "tr", "env", "printf", "wc"):
        (root / "bin" / name).symlink_to("busybox")
    (root / "tmp").mkdir()
    return 'FROM scratch\nCOPY . /\nENV PATH=/bin\nCMD ["cat"]\n'


def python(root: Path) -> str:
    """Lay out this Python with awslambdaric and the function; return the Containerfile."""
    program = Path(os.path.realpath(sys.executable))
    library = Path(sysconfig.get_path("stdlib"))
    site = library / "site-packages"
    copy(program, root)
    shutil.copytree(library, inside(root, library), ignore=shutil.ignore_patterns(*UNUSED), symlinks=True)
    extensions = library / "lib-dynload"
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        for file in importlib.metadata.files(name) or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = inside(root, site) / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target)
    client = importlib.util.find_spec("runtime_client")
    assert client is not None
    for needed in libraries([program, *extensions.glob("*.so"), Path(str(client.origin))]):
        copy(needed, root)
    (root / "tmp").mkdir()
    (root / "var/task").mkdir(parents=True)
    shutil.copy(HERE / "app.py", root / "var/task/app.py")
    emulator = root / "lambda-entrypoint.sh"
    emulator.write_text((HERE / "rie.py").read_text().replace("#!PYTHON", f"#!{program}"))
    emulator.chmod(0o755)
    lines = ["FROM scratch", "COPY . /", f"ENV PYTHONHOME={sys.base_prefix} PYTHONPATH={site}:/var/task"]
    return "\n".join([*lines, "WORKDIR /var/task", f'ENTRYPOINT ["{program}"]', ""])


def lambda_image(base: str, *, emulator: bool) -> str:
    """Return the Containerfile of a Lambda image, with the emulator as AWS's base images have it, or without."""
    program = os.path.realpath(sys.executable)
    entry = '["/lambda-entrypoint.sh"]' if emulator else f'["{program}", "-m", "awslambdaric"]'
    return f'FROM {base}\nENTRYPOINT {entry}\nCMD ["app.handler"]\n'


def inside(root: Path, path: Path) -> Path:
    """The place of a file of this machine in the image."""
    return root / path.relative_to("/")


def copy(path: Path, root: Path) -> None:
    target = inside(root, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def libraries(programs: Iterable[Path]) -> set[Path]:
    """What the dynamic linker loads for some programs, the linker itself included."""
    told = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    return {Path(found) for found in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", told, re.MULTILINE)}


def build(name: str, lay_out: Callable[[Path], str], scratch: Path, podman: list[str], env: dict[str, str]) -> None:
    """Build an image from a directory that ``lay_out`` fills."""
    root = scratch / name
    root.mkdir()
    recipe = scratch / f"{name}.containerfile"
    recipe.write_text(lay_out(root))
    command = [*podman, "build", "--isolation=chroot", "--layers=false", "-q", "-t", f"sfnbook-test/{name}"]
    done = subprocess.run(
        [*command, "-f", str(recipe), str(root)], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"podman cannot build {name}: {done.stderr}")
    shutil.rmtree(root)
