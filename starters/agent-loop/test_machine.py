"""The whole conversation with the stand-in, then single answers of the model, written down."""

import functions
import pytest

from sfnbook import mock, raises, returns

QUESTION = {"question": "Can I still give the lamp of order 7 back?"}


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json", functions=functions, bind={"Ask the model": functions.model})


def says(*content, stop="tool_use"):
    usage = {"input_tokens": 10, "output_tokens": 5}
    return returns(
        {"Body": {"content": list(content), "stop_reason": stop, "usage": usage}, "ContentType": "application/json"}
    )


def wants(name, id="toolu_1", **given):
    return {"type": "tool_use", "id": id, "name": name, "input": given}


DONE = says({"type": "text", "text": "Yes."}, stop="end_turn")


def test_the_tools_are_called_until_the_model_answers(machine):
    run = machine.run(QUESTION)
    assert run.output["answer"].startswith("Order 7 was delivered")
    assert (run.output["turns"], run.output["tokens"]) == (3, 400 + 500 + 600 + 3 * 50)
    last = run.called("bedrock:invokeModel")[-1].parameters["Body"]["messages"]
    assert [message["role"] for message in last] == ["user", "assistant", "user", "assistant", "user"]


def test_each_result_carries_the_id_of_its_request(machine):
    asks = says(wants("find_order", "a", order="7"), wants("refund_policy", "b"))
    run = machine.run(QUESTION, mocks=[mock("Ask the model", asks, DONE)])
    results = run.called("bedrock:invokeModel")[-1].parameters["Body"]["messages"][-1]["content"]
    assert [(one["tool_use_id"], "is_error" in one) for one in results] == [("a", False), ("b", False)]
    assert "delivered" in results[0]["content"]


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (wants("delete_everything"), "There is no tool delete_everything."),
        (wants("find_order", order="99"), "The tool failed: KeyError"),
    ],
)
def test_what_a_tool_cannot_do_the_model_is_told(machine, tool, words):
    run = machine.run(QUESTION, mocks=[mock("Ask the model", says(tool), DONE)])
    result = run.called("bedrock:invokeModel")[-1].parameters["Body"]["messages"][-1]["content"]
    assert result == [{"type": "tool_result", "tool_use_id": "toolu_1", "content": words, "is_error": True}]


def test_a_failing_policy_tool_does_not_end_the_conversation(machine):
    mocks = [mock("Ask the model", says(wants("refund_policy")), DONE), mock("refund_policy", raises("PolicyMissing"))]
    assert machine.run(QUESTION, mocks=mocks).output["answer"] == "Yes."


def test_a_model_that_wants_a_tool_and_names_none_is_asked_again(machine):
    thinks = says({"type": "text", "text": "Let me see."})
    assert machine.run(QUESTION, mocks=[mock("Ask the model", thinks, DONE)]).output["turns"] == 2


def test_eight_turns_at_most(machine):
    run = machine.run(QUESTION, mocks=[mock("Ask the model", says(wants("refund_policy")))])
    assert (run.error, run.cause) == ("NoAnswer", "The model stopped with tool_use after 8 turns.")


def test_an_answer_that_is_cut_off_is_no_answer(machine):
    run = machine.run(QUESTION, mocks=[mock("Ask the model", says({"type": "text", "text": "Ye"}, stop="max_tokens"))])
    assert run.error == "NoAnswer"


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("Ask the model", "Bedrock.ThrottlingException"),
        ("find_order", "Lambda.TooManyRequestsException"),
        ("refund_policy", "Lambda.TooManyRequestsException"),
    ],
)
def test_throttled_calls_are_made_again(machine, state, error):
    asks = [says(wants("find_order", "a", order="7"), wants("refund_policy", "b")), DONE]
    asked = mock("Ask the model", *([raises(error)] if state == "Ask the model" else []), *asks)
    tool = [mock(state, raises(error), returns({"StatusCode": 200, "Payload": {}}))] if state != "Ask the model" else []
    run = machine.run(QUESTION, mocks=[asked, *tool])
    assert run.succeeded
