"""``%sfn_services``, ``%sfn_config``, ``%sfn_doctor``: where services answer, said and looked at."""

from __future__ import annotations

from typing import Final

from sfnbook.notebook.arguments import Arguments, Command, Option, refuse, unquote
from sfnbook.tasks.aws.services import reach
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.registry import split_pair
from sfnbook.workspace import Workspace, read_file

SERVICES: Final = Command(
    name="%sfn_services",
    words="[SERVICE=PLACE ...]",
    summary="Say where AWS services answer: a URL, embedded (in this process, the default) or aws:PROFILE (the real thing). "
    "Without words: start the embedded ones, for plain boto3 in this notebook too, and list the places.",
    options=(
        Option("reset", "", "forget what was said"),
        Option("empty", "", "empty the embedded services: no tables, no queues, no buckets"),
        Option(
            "http-tasks",
            "WORDS",
            "what HTTP Tasks may reach beside HTTPS endpoints with a connection: local (http:// "
            "and this machine), http, loopback, private, link-local, or none",
        ),
        Option("unshared", "", "let plain boto3 in this notebook go its own way, not to the embedded services"),
    ),
    examples=(
        "%sfn_services",
        "%sfn_services dynamodb=http://localhost:8000 s3=embedded",
        "%sfn_services all=http://localhost:4566",
        "%sfn_services athena=aws:test@eu-west-1",
    ),
)
CONFIG: Final = Command(
    name="%sfn_config",
    words="",
    summary="Take over an env-file as Step Functions Local has it: LAMBDA_ENDPOINT, DYNAMODB_ENDPOINT, WAIT_TIME_SCALE, ...",
    options=(Option("env-file", "FILE", "the file, for example stepfunctions-credentials.txt"),),
    examples=("%sfn_config --env-file stepfunctions-credentials.txt",),
    allowed=0,
)
DOCTOR: Final = Command(
    name="%sfn_doctor",
    words="",
    summary="Say for each service and each task of this notebook's machines what would answer, and whether it does.",
    examples=("%sfn_doctor",),
    allowed=0,
)


def say(arguments: Arguments) -> str:
    """Do what ``%sfn_services`` asks and return what to print."""
    places = {}
    for word in arguments.words:
        name, place = split_pair(word)
        if not place:
            raise refuse(SERVICES, f"{word}: write SERVICE=PLACE.")
        places[unquote(name)] = unquote(place)
    if arguments.option("reset") is not None:
        services.reset()
        services.shared = True
    if arguments.option("unshared") is not None:
        services.shared = False
    if (words := arguments.option("http-tasks")) is not None:
        services.http_tasks = reach.read_words("" if words == "none" else words)
    services(**places)
    if arguments.option("empty") is not None:
        services.empty()
    return repr(services)


def take_over(arguments: Arguments) -> str:
    """Do what ``%sfn_config`` asks and return what to print. Never repeats a value: there may be keys among them."""
    path = arguments.option("env-file")
    if path is None:
        raise refuse(CONFIG, "--env-file FILE is missing.")
    understood = services.read_env_file(read_file(path))
    if not understood:
        return f"Nothing in {path} is known here."
    return f"From {path}: {', '.join(understood)}\n{services!r}"


def diagnose(workspace: Workspace) -> str:
    """Return the text of ``%sfn_doctor``."""
    from sfnbook.tasks import doctor

    tasks = [(machine, task) for machine in workspace.machines.values() for task in machine.tasks()]
    wanted = [name for _, task in tasks if (name := doctor.service_of(task.resource, task.bound, services))]
    findings = doctor.examine(services, wanted or ["dynamodb"])
    lines = ["Services (any other one: " + services.where("-").text("service") + ")", doctor.table(findings)]
    if tasks:
        rows = [(f"{machine.name}: {task.state}", task.bound, task.hint, task.check) for machine, task in tasks]
        lines += ["Tasks", doctor.answers(rows, findings)]
    return "\n".join(lines)
