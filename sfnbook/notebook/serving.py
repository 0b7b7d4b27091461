"""Serving: ``%sfn_serve_lambda``, the notebook's functions as a Lambda endpoint for others on this machine."""

from __future__ import annotations

from typing import Final

from sfnbook.notebook.arguments import Arguments, Command, Option, refuse
from sfnbook.workspace import Workspace

SERVE_LAMBDA: Final = Command(
    name="%sfn_serve_lambda",
    words="",
    summary="Offer the functions and bindings of this notebook as a Lambda endpoint on localhost, for the AWS CLI, any "
    "SDK or Step Functions Local.",
    options=(
        Option("port", "PORT", "where to listen; a free port without"),
        Option("stop", "", "stop serving"),
    ),
    examples=("%sfn_serve_lambda", "%sfn_serve_lambda --port 3001", "%sfn_serve_lambda --stop"),
    allowed=0,
)


def serve_lambda(workspace: Workspace, arguments: Arguments) -> str:
    """Carry out the magic and return what to show."""
    if arguments.option("stop") is not None:
        workspace.stop_serving()
        return "The Lambda endpoint is closed."
    port = arguments.option("port") or "0"
    if not port.isdecimal() or int(port) > 65_535:
        raise refuse(SERVE_LAMBDA, f"--port {port}: give a number up to 65535.")
    url = workspace.serve_lambda(int(port)).url
    return (
        f"The functions of this notebook answer at {url}\n"
        f"  aws lambda invoke --endpoint-url {url} --function-name NAME answer.json"
    )
