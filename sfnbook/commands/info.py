"""The command ``sfnbook info``: what is installed here, for a bug report. It prints versions only, no paths or settings."""

from __future__ import annotations

import argparse
import json
import re
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"""\bextra\s*==\s*['"]([^'"]+)['"]""")


def add(commands: Any) -> None:
    """Add the command to the command line's."""
    info = commands.add_parser("info", help="say which versions are installed here, for a bug report")
    info.add_argument("--json", action="store_true", help="print it as JSON")
    info.set_defaults(command=_info)


def collect() -> dict[str, Any]:
    """Return versions by name; None stands for what is not installed.

    Shape: ``python``, ``system``, ``sfnbook``, ``packages`` {name: version}, ``extras`` {extra: {name: version}},
    ``kernel`` {name: version} and ``programs`` {name: whether it is on the PATH}.
    """
    import platform  # these are slow to load, and every command loads this module
    import shutil

    packages: dict[str, str | None] = {}
    extras: dict[str, dict[str, str | None]] = {}
    for line in _requirements():
        found = _NAME.match(line)
        extra = _EXTRA.search(line)
        if found is None or (extra is not None and extra[1] == "test"):
            continue
        into = packages if extra is None else extras.setdefault(extra[1], {})
        into[found[0]] = _version(found[0])
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "sfnbook": _version("sfnbook"),
        "packages": packages,
        "extras": extras,
        "kernel": {name: _version(name) for name in ("ipykernel", "jupyter-server")},
        "programs": {name: shutil.which(name) is not None for name in ("docker", "podman", "dot", "node")},
    }


def _requirements() -> list[str]:
    from importlib.metadata import PackageNotFoundError, requires

    try:
        return requires("sfnbook") or []
    except PackageNotFoundError:
        return []


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _info(options: argparse.Namespace) -> int:
    found = collect()
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    print(f"sfnbook {found['sfnbook'] or '(from its source folder)'}")
    print(f"{found['python']}, {found['system']}")
    groups = {"packages": found["packages"], **{f"extra {k}": v for k, v in found["extras"].items()}}
    for title, versions in {**groups, "kernel": found["kernel"]}.items():
        print(f"{title}: " + ", ".join(f"{name} {number or 'not installed'}" for name, number in versions.items()))
    print("programs: " + ", ".join(f"{k} {'found' if v else 'not found'}" for k, v in found["programs"].items()))
    return 0
