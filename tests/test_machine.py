"""The public API as a notebook's author uses it."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

import sfnbook
from sfnbook import BindingError, DefinitionError, InputError, StateMachine, TaskError
from sfnbook.text.run_text import run_text

ARN = "arn:aws:lambda:eu-west-1:300577164517:function:"
SHOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": {"Type": "Task", "Resource": ARN + "AMIS_deciding_function", "Next": "Which"},
        "Which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.statusCode", "NumericEquals": 200, "Next": "Short"}],
            "Default": "Long",
        },
        "Short": {"Type": "Wait", "Seconds": 1, "End": True},
        "Long": {"Type": "Wait", "Seconds": 5, "End": True},
    },
}


def one_task(**fields: Any) -> dict[str, Any]:
    """A machine of one Task."""
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": ARN + "f", **fields, "End": True}}}


def test_a_function_is_found_by_the_name_in_the_arn() -> None:
    def AMIS_deciding_function(event: Any, context: Any) -> Any:
        return {"statusCode": event["code"], "name": context.function_name}

    shop = StateMachine(SHOP, name="shop", namespace=locals())
    good, bad = shop.run({"code": 200}), shop.run({"code": 500})
    assert good.output == {"statusCode": 200, "name": "AMIS_deciding_function"}
    assert [v.name for v in good.visits] == ["Decide", "Which", "Short"]
    assert [v.name for v in bad.visits] == ["Decide", "Which", "Long"]
    assert round(bad.seconds) == 5
    assert good.visits[1].next == "Short"


def test_a_function_defined_again_answers_the_next_call() -> None:
    namespace: dict[str, Any] = {"f": lambda event: "old"}
    machine = StateMachine(one_task(), name="m", namespace=namespace)
    assert machine.run().output == "old"
    namespace["f"] = lambda event: "new"
    assert machine.run().output == "new"


@pytest.mark.parametrize("pattern", [ARN + "f", "f", "T", "*:function:f", "arn:aws:lambda:*"])
def test_ways_to_bind(pattern: str) -> None:
    assert StateMachine(one_task(), name="m").bind(pattern, lambda event: pattern).run().output == pattern


def test_the_decorator_binds_everywhere() -> None:
    @sfnbook.task("only-for-this-test")
    def answer(event: Any) -> str:
        return "decorated"

    machine = StateMachine(one_task(Resource=ARN + "only-for-this-test"), name="m")
    assert machine.run().output == "decorated"
    assert machine.tasks()[0].bound == "function answer"


@pytest.mark.parametrize("stand_in", [Mock(return_value={"ok": 1}), AsyncMock(return_value={"ok": 1})])
def test_a_stand_in_of_unittest_is_a_function(stand_in: Any) -> None:
    """It has every attribute, also those of a target."""
    assert StateMachine(one_task(), name="m").bind("f", stand_in).run({"x": 1}).output == {"ok": 1}
    assert stand_in.call_args.args[0] == {"x": 1}


@pytest.mark.parametrize(
    "placeholder", ["${decide}", "${decide.Arn}", "${aws_lambda_function.decide.arn}", f"{ARN}${{decide}}:$LATEST"]
)
def test_a_function_is_found_by_the_name_of_a_placeholder(placeholder: str) -> None:
    machine = StateMachine(one_task(Resource=placeholder), name="m", namespace={"decide": lambda event: "found"})
    assert machine.run().output == "found"


def test_a_run_tells_its_path_and_its_words() -> None:
    last = {"Type": "Pass", "Result": 7, "End": True}
    branch = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
    both = {"Type": "Parallel", "Branches": [branch, branch | {"StartAt": "I2", "States": {"I2": last}}], "Next": "Z"}
    run = StateMachine({"StartAt": "Both", "States": {"Both": both, "Z": last}}, name="m").run()
    assert run.path == ["Both", "Z"]
    assert sorted(visit.name for visit in run.visits) == ["Both", "I2", "In", "Z"]
    assert str(run) == run_text(run)
    assert str(run).splitlines()[0] == "m: SUCCEEDED"


def test_bindings_of_a_run_come_first() -> None:
    machine = StateMachine(one_task(), name="m").bind("f", lambda event: 1)
    assert machine.run(bind={"T": lambda event: 2}).output == 2
    assert machine.run().output == 1


def test_async_functions() -> None:
    async def f(event: Any, context: Any) -> Any:
        await asyncio.sleep(0)
        return {"ms": context.get_remaining_time_in_millis() > 0}

    assert StateMachine(one_task(), name="m", namespace=locals()).run().output == {"ms": True}


def test_lambda_invoke_has_its_envelope() -> None:
    parameters = {"FunctionName": "f", "Payload.$": "$"}
    machine = StateMachine(one_task(Resource="arn:aws:states:::lambda:invoke", Parameters=parameters), name="m").bind(
        "f", lambda event: {"got": event}
    )
    output = machine.run({"x": 1}).output
    assert output["Payload"] == {"got": {"x": 1}}
    assert output["StatusCode"] == 200
    assert output["ExecutedVersion"] == "$LATEST"


def test_an_exception_is_lambdas_document_with_the_users_own_lines() -> None:
    def f(event: Any) -> None:
        raise ValueError("db is down")

    run = StateMachine(one_task(), name="m", namespace=locals()).run()
    assert run.status == "FAILED"
    assert run.error == "ValueError"
    assert run.cause is not None
    document = json.loads(run.cause)
    assert (document["errorMessage"], document["errorType"]) == ("db is down", "ValueError")
    assert len(document["stackTrace"]) == 1
    assert 'raise ValueError("db is down")' in document["stackTrace"][0]
    attempt = run.visits[0].attempt
    assert attempt is not None
    assert attempt.traceback.endswith("ValueError: db is down")
    assert str(Path(sfnbook.__file__).parent) not in attempt.traceback


def test_task_error_says_exactly_what_it_says() -> None:
    def f(event: Any) -> None:
        raise TaskError("My.Error", "because")

    run = StateMachine(one_task(), name="m", namespace=locals()).run()
    assert (run.error, run.cause) == ("My.Error", "because")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({1, 2}, "Unable to marshal response: Object of type set is not JSON serializable"),
        ({"a": [object()]}, "Unable to marshal response: Object of type object is not JSON serializable"),
        (float("nan"), "nan at $ is no JSON number"),
    ],
)
def test_a_result_that_json_cannot_hold(result: Any, words: str) -> None:
    run = StateMachine(one_task(), name="m").bind("f", lambda event: result).run()
    assert run.error == "Runtime.MarshalError"
    assert words in str(run.cause)


def test_where_the_result_is_no_json_stands_in_the_log() -> None:
    run = StateMachine(one_task(), name="m").bind("f", lambda event: {"a": [{1}]}).run()
    assert run.visits[0].attempts[0].logs == "The set is at $.a[0]: write sorted(value).\n"


@pytest.mark.parametrize("is_async", [False, True])
def test_a_function_with_the_wrong_arguments_raises_as_on_lambda(is_async: bool) -> None:
    def f() -> None: ...

    async def g(event: Any, context: Any, more: Any) -> None: ...

    function, words = (g, "missing 1 required positional argument") if is_async else (f, "takes 0 positional arguments")
    run = StateMachine(one_task(), name="m", namespace={"f": function}).run()
    assert run.error == "TypeError"
    assert words in json.loads(str(run.cause))["errorMessage"]


def test_a_result_larger_than_256_kib() -> None:
    run = StateMachine(one_task(), name="m").bind("f", lambda event: "x" * 262_143).run()
    assert run.error == "States.DataLimitExceeded"


def test_a_task_that_nothing_answers_says_what_to_write() -> None:
    machine = StateMachine(one_task(), name="m")
    assert machine.tasks()[0].bound is None
    run = machine.run()
    assert run.error == "Lambda.ResourceNotFoundException"
    assert str(run.cause).startswith(
        f"Function not found: {ARN}f:$LATEST (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; "
    )
    hint = f"Nothing answers {ARN}f. "
    hint += 'Bind a function to it: machine.bind("f", your_function), or in a terminal --bind "f=module:function"'
    assert run.visits[0].attempts[0].logs == hint + "\n"
    assert run_text(run).splitlines()[-1] == f"log:   {hint}"


def test_what_to_write_is_said_too_where_the_failure_was_caught() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]
    definition = one_task(Catch=catch)
    definition["States"]["Sorry"] = {"Type": "Fail", "Error": "Sorry"}
    run = StateMachine(definition, name="m").run()
    assert run.error == "Sorry"
    assert str(run).splitlines()[-1].startswith(f"log:   Nothing answers {ARN}f. Bind a function to it: machine.bind")


def test_what_a_function_prints_and_logs_stays_with_its_visit(capsys: pytest.CaptureFixture[str]) -> None:
    def f(event: Any) -> Any:
        print("hello", event)
        logging.getLogger("shop").warning("careful")
        return event

    run = StateMachine(one_task(), name="m", namespace=locals()).run({"x": 1})
    assert run.visits[0].attempts[0].logs == "hello {'x': 1}\n[WARNING]\tcareful\n"
    assert capsys.readouterr().out == ""


def test_a_flood_of_output_is_cut() -> None:
    run = StateMachine(one_task(), name="m").bind("f", lambda event: print("x" * 1_000_000)).run()
    logs = run.visits[0].attempts[0].logs
    assert 262_144 < len(logs) < 262_300
    assert "more characters were dropped" in logs


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_a_function_that_ends_its_process_fails_its_task(error: BaseException) -> None:
    def f(event: Any) -> None:
        raise error

    run = StateMachine(one_task(), name="m", namespace=locals()).run(threads=True)
    assert run.status == "FAILED"
    assert run.error in ("Runtime.ExitError", "KeyboardInterrupt")


def test_an_exception_that_is_no_exception_ends_the_process_as_in_lambda() -> None:
    class Fatal(BaseException):
        pass

    def f(event: Any) -> None:
        raise Fatal("gone")

    async def later(event: Any) -> None:
        raise Fatal("gone")

    for function in (f, later):
        run = StateMachine(one_task(), name="m").bind("f", function).run()
        assert (run.error, "exit status 1" in (run.cause or "")) == ("Runtime.ExitError", True)
        assert run.visits[0].attempts[0].traceback.endswith("Fatal: gone")


def test_a_result_without_a_bottom_is_no_json() -> None:
    def f(event: Any) -> Any:
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        return deep

    assert StateMachine(one_task(), name="m").bind("f", f).run().error == "Runtime.MarshalError"


def test_an_interrupt_ends_the_run_as_aborted_and_keeps_its_history() -> None:
    def f(event: Any) -> None:
        raise KeyboardInterrupt

    run = StateMachine(one_task(), name="m", namespace=locals()).run()
    assert run.status == "ABORTED"
    assert [e.type for e in run.events][-2:] == ["LambdaFunctionStarted", "ExecutionAborted"]


def test_a_timeout_does_not_wait_for_the_function() -> None:
    release = threading.Event()
    machine = StateMachine(one_task(TimeoutSeconds=1), name="m").bind("f", lambda event: release.wait(20))
    run = machine.run()
    release.set()
    assert (run.status, run.error) == ("FAILED", "States.Timeout")


def test_branches_run_their_functions_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=10)
    branches = [
        {"StartAt": f"B{i}", "States": {f"B{i}": {"Type": "Task", "Resource": ARN + "f", "End": True}}}
        for i in range(3)
    ]
    machine = StateMachine(
        {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}, name="m"
    ).bind("f", lambda event: together.wait() >= 0)
    assert machine.run().output == [True, True, True]


def test_one_failing_branch_aborts_the_others() -> None:
    machine = StateMachine(
        {
            "StartAt": "P",
            "States": {
                "P": {
                    "Type": "Parallel",
                    "End": True,
                    "Branches": [
                        {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 240, "End": True}}},
                        {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": ARN + "f", "End": True}}},
                    ],
                }
            },
        },
        name="m",
    )
    run = machine.run(bind={"f": lambda event: 1 / 0})
    assert run.error == "ZeroDivisionError"
    assert {v.name: v.status for v in run.visits} == {"P": "failed", "A": "aborted", "B": "failed"}
    assert run.visits[1].where == "P › branch 1"


def test_a_background_run_can_be_stopped_and_waited_for() -> None:
    release = threading.Event()
    machine = StateMachine(one_task(), name="m").bind("f", lambda event: release.wait(20))
    run = machine.run(wait=False)
    run.stop("Enough", "no more")
    assert run.wait(60).status == "ABORTED"
    release.set()
    assert (run.error, run.cause) == ("Enough", "no more")


def test_a_callback_is_answered_by_its_token() -> None:
    tokens: list[str] = []
    machine = StateMachine(
        one_task(
            Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
            Parameters={"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
        ),
        name="m",
    )
    asked = threading.Event()

    def f(event: Any) -> None:
        tokens.append(event["token"])
        asked.set()

    run = machine.run(bind={"f": f}, wait=False)
    assert asked.wait(60)
    with pytest.raises(InputError, match="Invalid Token"):
        run.send_task_success("no such token")
    run.send_task_heartbeat(tokens[0])
    run.send_task_success(tokens[0], {"approved": True})
    assert run.wait(60).output == {"approved": True}
    assert [e.type for e in run.events][2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


@pytest.mark.parametrize("clock", ["virtual", "real", "x1000"])
def test_clocks(clock: str) -> None:
    seconds = 240 if clock == "virtual" else 0.2 if clock == "real" else 60
    machine = StateMachine(
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$", "End": True}}}, name="m"
    )
    run = machine.run(int(seconds) if seconds >= 1 else 0, clock=clock)
    assert run.status == "SUCCEEDED"
    assert run.seconds >= int(seconds)


def test_describe_and_history_have_aws_shapes() -> None:
    run = StateMachine(one_task(), name="m").bind("f", lambda event: {"y": 2}).run({"x": 1}, name="e")
    described = run.describe()
    assert described["executionArn"] == "arn:aws:states:us-east-1:123456789012:execution:m:e"
    assert (described["input"], described["output"], described["status"]) == ('{"x":1}', '{"y":2}', "SUCCEEDED")
    history = run.history()
    assert [e["id"] for e in history] == [1, 2, 3, 4, 5, 6, 7]
    assert history[2]["lambdaFunctionScheduledEventDetails"] == {
        "resource": ARN + "f",
        "input": '{"x":1}',
        "inputDetails": {"truncated": False},
    }


def test_the_same_seed_gives_the_same_run() -> None:
    machine = StateMachine(
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"u.$": "States.UUID()"}, "End": True}}},
        name="m",
    )
    assert machine.run().output == machine.run().output != machine.run(seed=1).output


def test_bad_inputs_are_said_and_nothing_is_lost() -> None:
    machine = StateMachine(one_task(), name="m").bind("f", lambda event: 1)
    with pytest.raises(InputError, match=r"The input is no JSON: set at \$\.a is not JSON serializable"):
        machine.run({"a": {1}})
    with pytest.raises(InputError, match="262,144"):
        machine.run("x" * 300_000)
    with pytest.raises(InputError, match='Unknown clock "fast"'):
        machine.run(clock="fast")
    with pytest.raises(BindingError, match="give a function"):
        machine.bind("f", 3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="write it as"):
        machine.bind("f", lambda a, b, c: 1)
    assert machine.run().output == 1


def test_a_definition_from_text_yaml_dict_and_file(tmp_path: Path) -> None:
    text = json.dumps(SHOP)
    path = tmp_path / "shop.asl.json"
    path.write_text(text)
    yaml = "StartAt: A\nStates:\n  A:\n    Type: Succeed\n"
    for definition in (text, SHOP, path, yaml):
        assert StateMachine(definition, name="m").definition.machine.start_at in ("Decide", "A")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        StateMachine(tmp_path / "none", name="m")


def test_a_wrong_definition_gives_every_diagnostic() -> None:
    with pytest.raises(DefinitionError) as refused:
        StateMachine(
            '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Bee"}, "Be": {"Type": "Succeed"}}}', name="m"
        )
    assert refused.value.diagnostics[0].location == "/States/A/Next"
    assert refused.value.diagnostics[0].line == 1
    assert sfnbook.validate({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})["result"] == "OK"


def test_an_expression_that_cannot_be_read_is_a_diagnostic_with_its_place() -> None:
    text = (
        '{"StartAt": "A", "States": {"A": {"Type": "Pass",\n "Parameters": {"x.$": "States.Nope($.a)"}, "End": true}}}'
    )
    answer = sfnbook.validate(text)
    assert answer["result"] == "FAIL"
    assert answer["diagnostics"][0]["line"] == 2
    assert "x.$" in answer["diagnostics"][0]["message"]


FETCH = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:fetch"}
INVALID, UNSUPPORTED = "INVALID_JSONATA_EXPRESSION", "UNSUPPORTED_JSONATA_EXPRESSION"


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (
            {"Type": "Pass", "InputPath": "$.a["},
            [("SCHEMA_VALIDATION_FAILED", "InputPath", "Value must be a valid JSONPath.")],
        ),
        (
            {"Type": "Pass", "ResultPath": "$.a b"},
            [("SCHEMA_VALIDATION_FAILED", "ResultPath", "Value is not a Reference Path")],
        ),
        (
            {"Type": "Choice", "Choices": [{"Not": {"Variable": "$.", "IsNull": True}, "Next": "Z"}]},
            [("SCHEMA_VALIDATION_FAILED", "Choices[0]/Not/Variable", "Value must be a valid JSONPath.")],
        ),
        (
            {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": [1, "{% 1 + %}"]}},
            [(INVALID, "Output/a[1]", "Unexpected end of expression")],
        ),
        (
            {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"v": "{% phone & $states.input.(a & b) & zip %}"}},
            [
                (UNSUPPORTED, "Output/v", "Reference to 'phone' at the top level is not supported."),
                (UNSUPPORTED, "Output/v", "Reference to 'zip' at the top level is not supported."),
            ],
        ),
        (
            {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Condition": "{% ready %}", "Next": "Z"}]},
            [(UNSUPPORTED, "Choices[0]/Condition", "Reference to 'ready' at the top level is not supported.")],
        ),
        (
            {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $map($states.input.a, function($v) {$v.b}) %}"},
            [],
        ),
    ],
)
def test_a_refused_expression_has_awss_code_words_and_location(state: Any, found: list[tuple[str, str, str]]) -> None:
    """Also in a branch, and in a state whose name has a slash: AWS escapes nothing (measured: floci#2670, floci#2745)."""
    go_on = {} if state["Type"] == "Choice" else {"Next": "Z"}
    branch = {"StartAt": "A/b", "States": {"A/b": state | go_on, "Z": {"Type": "Succeed"}}}
    machine = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [branch], "End": True}}}
    answer = sfnbook.validate(json.dumps(machine, indent=1))
    assert [(d["code"], d["location"], d["message"]) for d in answer["diagnostics"]] == [
        (code, f"/States/P/Branches[0]/States/A/b/{place}", message) for code, place, message in found
    ]
    assert all("line" in d for d in answer["diagnostics"])


@pytest.mark.parametrize(
    ("state", "where", "words"),
    [
        ({"Type": "Wait", "Seconds": "${X}"}, "/Seconds", "Expected value of type Integer"),
        ({"Type": "Wait", "Timestamp": "${X}"}, "/Timestamp", "String does not match RFC3339 timestamp"),
        ({"Type": "Pass", "Parameters": "${X}"}, "/Parameters", "Expected value of type Object"),
        ({"Type": "Pass", "Assign": "${X}"}, "/Assign", "Expected value of type Object"),
        ({"Type": "Map", "ItemProcessor": "${X}"}, "/ItemProcessor", "Expected value of type Object"),
        ({"Type": "Parallel", "Branches": "${X}"}, "/Branches", "Expected value of type Array"),
        (
            {
                "Type": "Map",
                "Iterator": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}, "ProcessorConfig": "${X}"},
            },
            "/Iterator/ProcessorConfig",
            "Expected value of type Object",
        ),
        ({**FETCH, "TimeoutSeconds": "${X}"}, "/TimeoutSeconds", "Expected value of type Integer"),
        (
            {"Type": "Choice", "Choices": [{"Not": {"Variable": "$.a", "NumericEquals": "${X}"}, "Next": "Z"}]},
            "/Choices[0]/Not/NumericEquals",
            "Expected value of type Number",
        ),
        ({**FETCH, "Retry": "${X}"}, "/Retry", "Expected value of type Array"),
        ({**FETCH, "Retry": ["${X}"]}, "/Retry[0]", "Expected value of type Object"),
        (
            {**FETCH, "Retry": [{"ErrorEquals": ["E"], "BackoffRate": "${X}"}]},
            "/Retry[0]/BackoffRate",
            "Expected value of type Number",
        ),
        (
            {**FETCH, "Catch": [{"ErrorEquals": "${X}", "Next": "Z"}]},
            "/Catch[0]/ErrorEquals",
            "Expected value of type Array",
        ),
    ],
)
def test_a_placeholder_that_nobody_filled_in_stands_for_no_number_and_no_object(
    state: dict[str, Any], where: str, words: str
) -> None:
    go_on = {} if state["Type"] == "Choice" else {"Next": "Z"}
    machine = {"StartAt": "A", "States": {"A": state | go_on, "Z": {"Type": "Succeed"}}}
    [found] = sfnbook.validate(json.dumps(machine))["diagnostics"]
    assert (found["severity"], found["location"], found["message"]) == ("ERROR", f"/States/A{where}", words)
    with pytest.raises(DefinitionError):
        StateMachine(machine, name="m")


def test_a_placeholder_may_stand_in_a_text() -> None:
    state = {**FETCH, "Comment": "${X}", "Resource": "${Function}", "Parameters": {"a": "${X}"}, "End": True}
    answer = sfnbook.validate({"StartAt": "A", "Comment": "${X}", "States": {"A": state}})
    assert (answer["result"], answer["diagnostics"]) == ("OK", [])
    timeout = {"StartAt": "A", "TimeoutSeconds": "${X}", "States": {"A": state}}
    assert [d["location"] for d in sfnbook.validate(timeout)["diagnostics"]] == ["/TimeoutSeconds"]


def test_a_listener_that_raises_is_detached_and_the_run_goes_on() -> None:
    def listener(run: Any) -> None:
        raise RuntimeError("no")

    machine = StateMachine(one_task(), name="m").bind("f", lambda event: 1)
    assert machine.run(listener=listener).output == 1


@pytest.mark.parametrize(("depth", "words"), [(480, None), (501, "nested deeper than 500 levels"), (20_000, "deeper")])
def test_a_deep_input_at_pythons_own_limit(depth: int, words: str | None) -> None:
    value: Any = "seed"
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    machine = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="deep")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    try:
        if words is None:
            assert machine.run(value).output == value
        else:
            with pytest.raises(InputError, match=words):
                machine.run(value)
    finally:
        sys.setrecursionlimit(limit)
