"""Where services answer, and that nothing reaches AWS by accident."""

from __future__ import annotations

import os
import socket

import pytest

from sfnbook.errors import BindingError, InputError
from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import Services, service_id, services

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("something opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_the_default_is_embedded() -> None:
    assert Services({}).where("dynamodb").text("dynamodb") == "embedded dynamodb (moto)"


def test_the_strongest_word_counts() -> None:
    places = Services({"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://secrets:2"})
    assert places.where("s3").url == "http://all:1"
    assert places.where("secretsmanager").url == "http://secrets:2"
    places.read_env_file("# a comment\n\nSECRETS_MANAGER_ENDPOINT='http://file:3'\nSAGE_MAKER_ENDPOINT=http://ml:5\n")
    assert places.where("secretsmanager").url == "http://file:3"
    assert places.where("sagemaker").url == "http://ml:5"
    places.configure({"secretsmanager": "http://said:4/"})
    assert places.where("secretsmanager").url == "http://said:4"
    places.configure({"secretsmanager": ""})
    assert places.where("secretsmanager").url == "http://file:3"
    places.configure({"all": "embedded"})
    assert places.where("s3").kind == "embedded"
    assert [name for name, _ in places.named()] == ["sagemaker", "secretsmanager"]


def test_names_of_services() -> None:
    assert service_id("events") == service_id("EventBridge") == "eventbridge"
    places = Services({})
    places.configure({"logs": "http://logs:1", "stepfunctions": "http://sfn:1"})
    assert places.where("cloudwatchlogs").url == "http://logs:1"
    assert places.where("states").url == "http://sfn:1"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"dynamodbb": "http://x"}, 'There is no service "dynamodbb". Did you mean dynamodb?'),
        ({"s3": "localhost:4566"}, "give a URL such as http://localhost:8000"),
        ({"s3": "aws:"}, "Name the profile that may be used"),
    ],
)
def test_what_cannot_be_a_place(given: dict[str, str], told: str) -> None:
    places = Services({})
    with pytest.raises(InputError) as refused:
        places.configure({"sqs": "http://x", **given})
    assert told in str(refused.value)
    assert places.where("sqs").kind == "embedded"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("DYNAMODB_ENDPOINT", "Line 1 of the env-file is no NAME=VALUE"),
        ("DYNAMODB_ENDPOINT=dynamo", "Line 1 of the env-file: 'dynamo' is no place"),
        ("WAIT_TIME_SCALE=fast", "Line 1 of the env-file: WAIT_TIME_SCALE is a number"),
    ],
)
def test_an_env_file_with_a_fault(line: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        Services({}).read_env_file(line)
    assert told in str(refused.value)


def test_an_env_file_of_step_functions_local() -> None:
    places = Services({})
    text = """LAMBDA_ENDPOINT=http://host.docker.internal:3001
AWS_DEFAULT_REGION=eu-west-1
AWS_ACCOUNT_ID=111122223333
AWS_ACCESS_KEY_ID=key
AWS_SECRET_ACCESS_KEY=secret
WAIT_TIME_SCALE=0.5
SFN_MOCK_CONFIG=/mocks/MockConfigFile.json
SOMETHING=else
"""
    understood = ["lambda", "region", "account", "access_key", "secret_key", "time scale", "mock configuration"]
    assert places.read_env_file(text) == understood
    assert (places.region, places.account, places.time_scale) == ("eu-west-1", "111122223333", 0.5)
    assert places.mock_config == "/mocks/MockConfigFile.json"
    places.reset()
    assert places.mock_config is None


@pytest.mark.usefixtures("offline")
def test_plain_boto3_and_tasks_share_the_embedded_services() -> None:
    import boto3

    early = boto3.client("sqs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client = services.client("sqs")
    url = client.create_queue(QueueName="q")["QueueUrl"]
    assert early.list_queues()["QueueUrls"] == [url]
    assert boto3.resource("sqs").get_queue_by_name(QueueName="q").url == url
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.usefixtures("offline")
def test_stopping_leaves_the_process_as_it_was() -> None:
    from botocore.endpoint import Endpoint

    before, send = dict(os.environ), Endpoint._send
    services.client("s3").create_bucket(Bucket="bucket")
    assert Endpoint._send is not send
    embedded.stop()
    assert dict(os.environ) == before
    assert Endpoint._send is send
    assert services.client("s3").list_buckets()["Buckets"] == []


def test_unshared_boto3_goes_its_own_way(offline: None) -> None:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import HTTPClientError

    services.start()
    services.shared = False
    assert services.client("s3").list_buckets()["Buckets"] == []
    with pytest.raises(HTTPClientError, match="opened a connection"):
        boto3.client("s3", config=Config(retries={"max_attempts": 0})).list_buckets()


def test_a_client_for_an_endpoint_signs_with_keys_that_open_nothing() -> None:
    services.configure({"dynamodb": "http://127.0.0.1:9"})
    client = services.client("dynamodb")
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert client._get_credentials().access_key == "test"
    assert os.environ["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:9"  # plain boto3 follows
    services.reset()
    assert "AWS_ENDPOINT_URL_DYNAMODB" not in os.environ


def test_an_account_needs_its_profile(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/credentials")
    services.configure({"s3": "aws:nobody"})
    with pytest.raises(BindingError, match="nobody"):
        services.client("s3")


@pytest.mark.usefixtures("offline")
def test_what_moto_does_not_know_says_what_to_do() -> None:
    with pytest.raises(BindingError, match="Bind a function to the state, or say where"):
        services.client("chime").list_accounts()
