"""Plain boto3 inside functions goes nowhere by itself: watched by an audit hook, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sfnbook.tasks.aws.services import boto_switch

WATCHED = """
import json, sys
went = []
def watch(event, arguments):
    if event == "socket.connect":
        went.append(str(arguments[1]))
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        went.append(str(arguments[0]))
sys.addaudithook(watch)
"""

MACHINE = """
import sfnbook
machine = sfnbook.StateMachine({"StartAt": "A", "States": {"A": {"Type": "Task", "End": True,
    "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work"}}}, name="m")
"""

END = """
print(json.dumps([run.status, run.output, run.cause, went]))
"""


def watched(code: str, folder: Path, **environment: str) -> list[object]:
    """Run code in a fresh process whose boto3 has no configuration but ``environment``; what it printed last."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    plain |= {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED + code], capture_output=True, text=True, env={**plain, **environment}, cwd=folder
    )
    assert ran.returncode == 0, ran.stderr
    answer: list[object] = json.loads(ran.stdout.splitlines()[-1])
    return answer


KEYS = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.mark.parametrize("environment", [KEYS, {}], ids=["keys that lie around", "no keys, no region"])
def test_the_first_call_of_a_machine_of_functions_only(tmp_path: Path, environment: dict[str, str]) -> None:
    code = (
        MACHINE
        + """
def work(event):
    import boto3
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool:
        queues = pool.submit(lambda: boto3.client("sqs").list_queues().get("QueueUrls", [])).result()
    return [queues, boto3.client("s3").list_buckets()["Buckets"], boto3.Session().region_name]
run = machine.run(bind={"work": work})
"""
    )
    assert watched(code + END, tmp_path, **environment) == ["SUCCEEDED", [[], [], "us-east-1"], None, []]


def test_a_client_of_a_modules_import_without_keys_or_region(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("import boto3\ntable = boto3.resource('dynamodb').Table('orders')\n"
                                      "def work(event):\n    return table.item_count\n")  # fmt: skip
    (tmp_path / "m.json").write_text(json.dumps({"StartAt": "A", "States": {"A": {"Type": "Task", "End": True,
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work"}}}))  # fmt: skip
    code = """
import sfnbook.cli
code = sfnbook.cli.main(["run", "m.json", "--bind", "work=shop:work"])
print(json.dumps([code, went]))
"""
    assert watched(code, tmp_path) == [1, []]  # there is no such table here, and nobody was asked


def test_made_earlier_in_a_partition_that_few_know(tmp_path: Path) -> None:
    code = """
import boto3
clients = [boto3.client("sqs", region_name=region, aws_access_key_id="a", aws_secret_access_key="b")
           for region in ("eusc-de-east-1", "us-iso-east-1", "us-isob-east-1", "cn-north-1", "us-gov-west-1")]
""" + MACHINE + """
def work(event):
    return [client.list_queues().get("QueueUrls", []) for client in clients]
run = machine.run(bind={"work": work})
"""  # fmt: skip
    assert watched(code + END, tmp_path)[3] == []


def test_after_a_run_plain_boto3_is_the_cells_own(tmp_path: Path) -> None:
    code = (
        MACHINE
        + """
import boto3
from botocore.config import Config
def work(event):
    return 1
run = machine.run(bind={"work": work})
try:
    boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}, connect_timeout=0.01)).list_queues()
except Exception:
    pass
"""
    )
    assert watched(code + END, tmp_path, **KEYS)[3] != []  # no embedded service has been met: nothing was promised


def test_services_starts_them(tmp_path: Path) -> None:
    code = (
        MACHINE
        + """
import boto3
sfnbook.services()
boto3.client("sqs").create_queue(QueueName="q")
def work(event):
    return len(boto3.client("sqs").list_queues()["QueueUrls"])
run = machine.run(bind={"work": work})
"""
    )
    assert watched(code + END, tmp_path, **KEYS) == ["SUCCEEDED", 1, None, []]


@pytest.mark.parametrize(
    ("place", "words"),
    [("http://127.0.0.1:9", "set to http://127.0.0.1:9"), ("aws:work", "without the profile that is named for it")],
)
def test_a_service_that_is_elsewhere_is_not_answered_in_silence(tmp_path: Path, place: str, words: str) -> None:
    code = (
        MACHINE
        + """
import boto3
early = boto3.client("sqs")
sfnbook.services(sqs=PLACE)
def work(event):
    return early.list_queues()
run = machine.run(bind={"work": work})
""".replace("PLACE", repr(place))
    )
    status, _, cause, went = watched(code + END, tmp_path, **KEYS)
    assert (status, went) == ("FAILED", [])
    assert words in str(cause)
    assert "unshared" in str(cause)


def test_a_function_in_another_process_says_that_it_would_leave(tmp_path: Path) -> None:
    (tmp_path / "pooled.py").write_text(WATCHED + MACHINE + """
import concurrent.futures
def work(event):
    import boto3
    return boto3.client("sqs").list_queues()
if __name__ == "__main__":
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        run = machine.bind("work", work, executor=pool).run()
""" + "    " + END.strip())  # fmt: skip
    code = "import runpy; runpy.run_path('pooled.py', run_name='__main__')"
    status, _, cause, _ = watched(code, tmp_path, **KEYS)
    assert status == "FAILED"
    assert "in another process" in str(cause)


def test_the_domains_are_those_of_botocores_partitions() -> None:
    domains = set(boto_switch.domains())
    assert {"amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov", "api.aws"} <= domains
    assert boto_switch.is_aws("HTTPS://S3.us-isob-east-1.SC2S.SGOV.GOV./x")
    assert not boto_switch.is_aws("https://notamazonaws.com/")
    assert not boto_switch.is_aws("http://[::1]:8000/")


@pytest.mark.parametrize("wrong", ["config", "credentials"])
def test_a_file_that_cannot_be_read_is_of_no_concern_either(wrong: str, tmp_path: Path) -> None:
    (tmp_path / wrong).write_bytes(b"this is [no configuration\n\xff = ")
    code = """
import json, boto3, sfnbook
from botocore.exceptions import ConfigParseError
went = []
try:
    boto3.Session().get_available_services() and boto3.client("sqs", region_name="us-east-1")
except ConfigParseError:
    went.append("outside it is an error as ever")
task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:createQueue", "Parameters": {"QueueName": "q"}}
plain = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "End": True}
machine = sfnbook.StateMachine({"StartAt": "A", "States": {"A": {**task, "Next": "B"}, "B": plain}}, name="m")
run = machine.bind("B", lambda event: boto3.client("sqs").list_queues()["QueueUrls"]).run()
sfnbook.services.shared = False
assert sfnbook.services.client("sns").list_topics()["Topics"] == []
try:
    sfnbook.services(sqs="aws:work").client("sqs")
except sfnbook.BindingError as error:
    went.append(str(error)[:26])
print(json.dumps([run.status, run.output, run.cause, went]))
"""
    status, output, cause, went = watched(code, tmp_path)
    assert (status, cause, went) == (
        "SUCCEEDED",
        None,
        ["outside it is an error as ever", "sqs is set to aws:work, bu"],
    )
    assert output == ["https://sqs.us-east-1.amazonaws.com/123456789012/q"]


def test_a_profile_that_does_not_exist_is_of_no_concern_to_what_is_answered_here(tmp_path: Path) -> None:
    code = """
import json, boto3, sfnbook
from botocore.exceptions import ProfileNotFound
went = []
task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:createQueue", "Parameters": {"QueueName": "q"}}
plain = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "End": True}
machine = sfnbook.StateMachine({"StartAt": "A", "States": {"A": {**task, "Next": "B"}, "B": plain}}, name="m")
run = machine.bind("B", lambda event: boto3.client("sqs").list_queues()["QueueUrls"]).run()
try:
    boto3.Session(profile_name="other")
except ProfileNotFound:
    went.append("asked for")
print(json.dumps([run.status, run.output, run.cause, went]))
"""
    status, output, cause, went = watched(code, tmp_path, AWS_PROFILE="work")
    assert (status, cause, went) == ("SUCCEEDED", None, ["asked for"])
    assert output == ["https://sqs.us-east-1.amazonaws.com/123456789012/q"]
