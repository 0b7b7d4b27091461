"""The file in the embedded S3: what is booked, what is tolerated, and what is not."""

import json
from pathlib import Path

import boto3
import functions
import pytest

from sfnbook import mock, raises, returns

WHERE = {"bucket": "shop-data", "key": "orders.csv"}


@pytest.fixture
def s3(sfn):
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="shop-data")
    client.put_object(
        Bucket="shop-data", Key="orders.csv", Body=Path(__file__).with_name("data").joinpath("orders.csv").read_bytes()
    )
    return client


@pytest.fixture
def machine(sfn, s3):
    return sfn("machine.asl.json", functions=functions)


def written(s3, run):
    """Return the outputs of the children that succeeded, from the file that the manifest names."""
    place = run.output["manifest"]
    manifest = json.load(s3.get_object(Bucket=place["Bucket"], Key=place["Key"])["Body"])
    files = [one["Key"] for one in manifest["ResultFiles"]["SUCCEEDED"]]
    return [output for key in files for output in json.load(s3.get_object(Bucket="shop-data", Key=key)["Body"])]


def test_orders_are_booked_in_batches_and_one_bad_batch_is_tolerated(machine, s3):
    run = machine.run(WHERE)
    assert run.succeeded
    counts = run.describe_map_run(run.output["mapRun"])["itemCounts"]
    assert (counts["total"], counts["succeeded"], counts["failed"]) == (100, 90, 10)
    outputs = written(s3, run)
    assert len(outputs) == 9
    assert sum(one["sum"] for one in outputs) == sum(3 * n for n in range(1, 101) if not 11 <= n <= 20)
    assert {one["file"] for one in outputs} == {"orders.csv"}


def test_a_fifth_is_too_much(machine, s3):
    s3.put_object(Bucket="shop-data", Key="bad.csv", Body=b"order,amount\n" + b"1,3\n" * 40 + b"2,free\n" * 10)
    run = machine.run({**WHERE, "key": "bad.csv"})
    assert run.error == "TooManyFailed"


def test_a_file_with_a_header_only(machine, s3):
    s3.put_object(Bucket="shop-data", Key="empty.csv", Body=b"order,amount\n")
    run = machine.run({**WHERE, "key": "empty.csv"})
    assert run.describe_map_run(run.output["mapRun"])["itemCounts"]["total"] == 0


def test_a_throttled_function_is_called_again(machine):
    booked = returns({"StatusCode": 200, "Payload": {"file": "orders.csv", "orders": 10, "sum": 165}})
    assert machine.run(WHERE, mocks=[mock("Book", raises("Lambda.TooManyRequestsException"), booked)]).succeeded
