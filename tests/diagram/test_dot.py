"""The digraph for other tools."""

from __future__ import annotations

from sfnbook import StateMachine

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


def test_states_edges_and_containers() -> None:
    machine = StateMachine(
        {
            "StartAt": "C",
            "States": {
                "C": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "P"}],
                    "Default": "S",
                },
                "P": {
                    "Type": "Parallel",
                    "Branches": [
                        {
                            "StartAt": 'A: "b"',
                            "States": {'A: "b"': {"Type": "Task", "Resource": ARN + "f", "End": True}},
                        }
                    ],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],
                    "Next": "S",
                },
                "S": {"Type": "Succeed"},
            },
        },
        name="shop",
    )
    text = machine.to_dot().source
    assert text.startswith("digraph shop {")
    assert 'subgraph "cluster/States/P"' in text
    assert '"/States/C" -> "/States/P/Branches/0/States/A_ \\"b\\"" [label="$.n < 3" lhead="cluster/States/P"]' in text
    assert "style=dashed" in text
