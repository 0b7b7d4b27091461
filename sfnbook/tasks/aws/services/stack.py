"""The tables, queues, topics, buckets, rules and parameters of a template, made in the embedded services.

moto's CloudFormation makes them, one resource a stack, from properties that `sfnbook.templates` has decided; what
refers to another resource comes after it. Knows no template format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.values import Json

TYPES: Final = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::SQS::Queue",
        "AWS::SNS::Topic",
        "AWS::S3::Bucket",
        "AWS::Events::Rule",
        "AWS::Events::EventBus",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::Secret",
        "AWS::Serverless::SimpleTable",
    }
)


def make(id: str, type: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    """Make a resource and return what ``Ref`` and ``Fn::GetAtt`` give for it, as ``{"Table": ..., "Table.Arn": ...}``.

    Raises what boto3 or moto raises for properties that they refuse.
    """
    if type == "AWS::Serverless::SimpleTable":
        type, properties = "AWS::DynamoDB::Table", _simple_table(properties)
    client = services.client("cloudformation")
    body = json.dumps({"Resources": {id: {"Type": type, "Properties": dict(properties)}}})
    name = f"sfnbook-{id}"
    client.create_stack(StackName=name, TemplateBody=body)
    [made] = client.list_stack_resources(StackName=name)["StackResourceSummaries"]
    return _names(id, type, str(made["PhysicalResourceId"]))


def _simple_table(properties: Mapping[str, Json]) -> dict[str, Json]:
    """Return SAM's SimpleTable as the table that it stands for (SAM's reference)."""
    key = properties.get("PrimaryKey") or {"Name": "id", "Type": "String"}
    made: dict[str, Json] = {
        "AttributeDefinitions": [{"AttributeName": key["Name"], "AttributeType": str(key["Type"])[0]}],
        "KeySchema": [{"AttributeName": key["Name"], "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {**made, **{name: properties[name] for name in ("TableName",) if name in properties}}


def _names(id: str, type: str, physical: str) -> dict[str, Json]:
    start = f"{services.region}:{services.account}"
    last = physical.rpartition("/")[2].rpartition(":")[2]
    attributes: Mapping[str, Callable[[], dict[str, str]]] = {
        "AWS::DynamoDB::Table": lambda: {"Arn": f"arn:aws:dynamodb:{start}:table/{physical}"},
        "AWS::SQS::Queue": lambda: {"Arn": f"arn:aws:sqs:{start}:{last}", "QueueName": last, "QueueUrl": physical},
        "AWS::SNS::Topic": lambda: {"TopicArn": physical, "TopicName": last},
        "AWS::S3::Bucket": lambda: {"Arn": f"arn:aws:s3:::{physical}"},
        "AWS::Events::Rule": lambda: {"Arn": f"arn:aws:events:{start}:rule/{last}"},
        "AWS::Events::EventBus": lambda: {"Arn": f"arn:aws:events:{start}:event-bus/{last}", "Name": last},
    }
    found: dict[str, Json] = {id: physical}
    made: Any = attributes.get(type, dict)()
    return {**found, **{f"{id}.{attribute}": value for attribute, value in made.items()}}
