"""What the doctor finds."""

from __future__ import annotations

import socket

from sfnbook.bindings.doctor import examine, table
from sfnbook.bindings.endpoints import Services


def test_each_kind_of_place(aws: Services) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        aws.configure(
            {
                "dynamodb": f"http://127.0.0.1:{server.getsockname()[1]}",
                "sqs": f"http://127.0.0.1:{closed.getsockname()[1]}",
                "sns": "aws:nobody-at-all",
            }
        )
        found = {finding.service: finding for finding in examine(aws, ["s3", "events"])}
    assert sorted(found) == ["dynamodb", "eventbridge", "s3", "sns", "sqs"]
    assert (found["dynamodb"].ok, found["dynamodb"].words) == (True, "takes connections")
    assert not found["sqs"].ok
    assert found["sqs"].words.startswith("connection refused. Is the service running at 127.0.0.1:")
    assert not found["sns"].ok
    assert "nobody-at-all" in found["sns"].words
    assert found["s3"].ok
    assert "account 123456789012, us-east-1" in found["s3"].words
    assert table(found.values()).count("\n") == 4
