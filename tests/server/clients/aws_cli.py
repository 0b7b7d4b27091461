"""The AWS CLI: reads steps as JSON, does each one as a command line, prints what was kept as JSON."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import time
from typing import Any

from awscli.clidriver import create_clidriver


def filled(value: Any, kept: dict[str, Any]) -> Any:
    if isinstance(value, str):
        return re.sub(r"\$(\w+)", lambda found: str(kept.get(found[1], found[0])), value)
    if isinstance(value, dict):
        return {key: filled(child, kept) for key, child in value.items()}
    return [filled(child, kept) for child in value] if isinstance(value, list) else value


def at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        answer = answer[int(part)] if part.isdigit() else answer[part]
    return answer


def call(operation: str, request: dict[str, Any], url: str) -> Any:
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", operation).lower()
    words = ["stepfunctions", name, "--endpoint-url", url, "--output", "json", "--cli-input-json", json.dumps(request)]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = create_clidriver().main(words)
    if code:
        sys.exit(f"{operation} ended with {code}")
    return json.loads(said.getvalue() or "{}")


def main(url: str) -> None:
    kept: dict[str, Any] = {}
    for operation, request, keep, again in json.load(sys.stdin):
        until = time.monotonic() + 20
        while True:
            answer = call(operation, filled(request, kept), url)
            try:
                kept |= {name: at(answer, path) for name, path in keep.items()}
                break
            except (KeyError, IndexError):
                if not again or time.monotonic() > until:
                    sys.exit(f"{operation} answered {answer}")
                time.sleep(0.05)
    print(json.dumps(kept))


if __name__ == "__main__":
    main(sys.argv[1])
