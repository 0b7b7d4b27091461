"""The magics, as a notebook uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

ARN = "arn:aws:lambda:eu-west-1:300577164517:function:decide"
SHOP = json.dumps(
    {
        "StartAt": "Decide",
        "States": {
            "Decide": {"Type": "Task", "Resource": ARN, "ResultPath": "$.code", "Next": "OK?"},
            "OK?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.code", "NumericEquals": 200, "Next": "Done"}],
                "Default": "Wait 4 min",
            },
            "Wait 4 min": {"Type": "Wait", "Seconds": 240, "Next": "Done"},
            "Done": {"Type": "Succeed"},
        },
    },
    indent=2,
)
ECHO = '{"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": true}}}'


@pytest.fixture
def shop(notebook: Notebook) -> Notebook:
    notebook.cell("def decide(event, context):\n    print('deciding')\n    return event['code']")
    assert notebook.cell(f"%%statemachine shop\n{SHOP}").ok
    return notebook


@pytest.fixture
def echo(notebook: Notebook) -> Notebook:
    assert notebook.cell(f"%%statemachine echo\n{ECHO}").ok
    return notebook


def test_a_machine_is_shown_with_what_answers_its_tasks(shop: Notebook) -> None:
    shown = shop.cell(f"%%statemachine shop\n{SHOP}")
    assert "shop" in shown.text
    assert "Decide → function decide" in shown.text


def test_an_unbound_task_is_shown_with_the_line_to_write(notebook: Notebook) -> None:
    shown = notebook.cell(f"%%statemachine shop\n{SHOP}")
    assert shown.ok
    assert f"Decide ○ Nothing answers {ARN}. Define a function decide(event, context)" in shown.text


def test_a_run_takes_the_way_that_its_function_chose(shop: Notebook) -> None:
    shown = shop.cell('%sfn_run shop {"code": 200}')
    assert shown.value.status == "SUCCEEDED"
    assert [visit.name for visit in shown.value.visits] == ["Decide", "OK?", "Done"]
    assert "SUCCEEDED" in shown.text
    assert "deciding" not in shown.printed  # what a function prints is kept with its visit

    shown = shop.cell('%sfn_run shop {"code": 500}')
    assert [visit.name for visit in shown.value.visits] == ["Decide", "OK?", "Wait 4 min", "Done"]
    assert round(shown.value.seconds) == 240


def test_a_changed_function_counts_at_the_next_call(shop: Notebook) -> None:
    shop.cell("def decide(event):\n    return 'changed'")
    assert shop.cell("%sfn_run shop").value.output == {"code": "changed"}


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("%sfn_run echo", {}),
        ('%sfn_run echo {"a": [1, {"b": "x y"}]}', {"a": [1, {"b": "x y"}]}),
        ("%sfn_run echo order", {"id": 1}),
        ("%sfn_run echo {'id': order['id'] + 1}", {"id": 2}),
        ("%sfn_run echo dict(a=1) --name second", {"a": 1}),
        ('%sfn_run echo --clock x60 "text"', "text"),
        ("%sfn_run echo [null]", [None]),
        ('%%sfn_run echo\n{\n "a": 1\n}', {"a": 1}),
        ("%%sfn_run echo --clock real\norder", {"id": 1}),
    ],
)
def test_the_input_is_json_or_python_in_the_line_or_the_cell(echo: Notebook, line: str, output: object) -> None:
    echo.cell("order = {'id': 1}")
    shown = echo.cell(line)
    assert shown.ok, shown.printed
    assert shown.value.output == output


def test_the_input_may_come_from_a_file(echo: Notebook, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"id": 3}')
    assert echo.cell(f"%sfn_run echo @{tmp_path}/order.json").value.output == {"id": 3}
    assert echo.cell(f"%sfn_run echo {tmp_path}/order.json").value.output == {"id": 3}
    assert "cannot be read: No such file or directory." in echo.cell("%sfn_run echo @none.json").printed


def test_a_run_goes_into_a_variable_and_is_shown_once(echo: Notebook) -> None:
    shown = echo.cell("run = %sfn_run echo 7")
    assert shown.value is None
    assert len(shown.displays) == 1
    assert echo.shell.user_ns["run"].output == 7
    shown = echo.cell("%sfn_run echo 8")
    assert shown.value.output == 8
    assert shown.text.count("SUCCEEDED") == 1
    assert echo.cell("run").text.count("SUCCEEDED") == 1


def test_a_run_in_the_background_returns_at_once(shop: Notebook) -> None:
    shop.cell("import threading\ngate = threading.Event()\ndef decide(event):\n    gate.wait(10)\n    return 200")
    run = shop.cell("%sfn_run shop --background").value
    assert run.status == "RUNNING"
    shop.cell("gate.set()")
    run.wait(10)
    assert run.status == "SUCCEEDED"


def test_an_interrupted_run_is_aborted_and_keeps_its_history(shop: Notebook) -> None:
    shop.cell(
        "import signal, threading, time\n"
        "def decide(event):\n"
        "    time.sleep(0.1)\n"
        "    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)\n"
        "    time.sleep(0.3)\n"
        "    return 200"
    )
    shown = shop.cell("run = %sfn_run shop")
    run = shop.shell.user_ns["run"]
    assert shown.ok
    assert run.status == "ABORTED"
    assert run.history()[-1]["type"] == "ExecutionAborted"
    assert "Traceback" not in shown.text


def test_definitions_come_from_files_and_in_yaml(notebook: Notebook, tmp_path: Path) -> None:
    (tmp_path / "echo.asl.json").write_text(ECHO)
    assert notebook.cell(f"%statemachine fromfile --file {tmp_path}/echo.asl.json").ok
    assert notebook.cell("%sfn_run fromfile 1").value.output == 1
    assert notebook.cell("%%statemachine yaml\nStartAt: Echo\nStates:\n  Echo:\n    Type: Pass\n    End: true").ok
    assert notebook.cell("%sfn_run yaml 2").value.output == 2


@pytest.mark.parametrize("pattern", [ARN, "*:function:dec*", "Decide"])
def test_tasks_are_bound_by_arn_glob_or_state(notebook: Notebook, pattern: str) -> None:
    notebook.cell("def mine(event):\n    return 200")
    notebook.cell(f"%%statemachine shop --bind {pattern}=mine\n{SHOP}")
    assert notebook.cell("%sfn_run shop").value.output == {"code": 200}
    notebook.cell(f"%%statemachine other\n{SHOP}")
    assert "answers" in notebook.cell(f"%sfn_bind {pattern} mine").printed
    assert notebook.cell("%sfn_run other").value.output == {"code": 200}
    assert pattern in notebook.cell("%sfn_bind").printed


def test_a_binding_to_an_expression_or_a_name_not_yet_known(shop: Notebook) -> None:
    shop.cell("%sfn_bind Decide later")
    shop.cell("def later(event):\n    return 1")
    assert shop.cell("%sfn_run shop").value.output == {"code": 1}
    shop.cell("%sfn_bind Decide (lambda event: 2)")
    assert shop.cell("%sfn_run shop").value.output == {"code": 2}


def test_a_function_on_an_executor(shop: Notebook) -> None:
    shop.cell("from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)")
    assert "answers shop: Decide" in shop.cell("%sfn_bind Decide decide --executor pool").printed
    assert "Decide → function decide on ThreadPoolExecutor" in shop.cell("%sfn_bind").printed
    run = shop.cell('%sfn_run shop {"code": 200}').value
    assert (run.output["code"], run.visits[0].attempts[0].logs) == (200, "deciding\n")
    shop.cell("pool.shutdown()\n%sfn_bind Decide decide")


def test_the_list_names_machines_and_runs(shop: Notebook) -> None:
    shop.cell('%sfn_run shop {"code": 200} --name first')
    listed = shop.cell("%sfn_list").printed
    assert "shop" in listed
    assert "first" in listed
    assert "SUCCEEDED" in listed


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%sfn_run", "NAME is missing."),
        ("%sfn_run shpo", 'There is no machine "shpo". Did you mean "shop"?'),
        ("%sfn_run zzz", 'There is no machine "zzz". There is "shop".'),
        ('%sfn_run shop {"a": 1', "The input is not JSON: "),
        ("%sfn_run shop nothing_here", "name 'nothing_here' is not defined"),
        ("%sfn_run shop 1/0", "The input 1/0 raised ZeroDivisionError: division by zero"),
        ("%sfn_run shop --clock sundial", "sundial"),
        ("%sfn_run shop --clokc real", "There is no option --clokc; did you mean --clock?"),
        ("%sfn_run shop {1, 2}", "set"),
        ("%sfn_bind Decide", "Two words are needed"),
        (
            "import sfnbook\n%sfn_bind Decide sfnbook.returns(1)",
            "give a mock, such as mock(STATE, sfnbook.returns(1)).",
        ),
        ("%sfn_bind Decide 1+1", "1+1 is of type int, not a function."),
        ("%sfn_bind Decide decide --executor nowhere", "nowhere means nothing in this notebook: NameError"),
        ("%sfn_bind Decide decide --executor 4", "executor=4 is no concurrent.futures.Executor."),
        ("%sfn_run shop order.json", "name 'order' is not defined. For a file's content: @order.json"),
        ("%sfn_run shop my order.json", 'For a file\'s content: @"my order.json"'),
        ('%sfn_run shop @"no such file.json"', "The file no such file.json cannot be read"),
        ("%sfn_run $nothing", "nothing means nothing in this notebook: NameError"),
        ("%sfn_run {decide}", "{decide} is of type function; a name or another text is needed."),
        ("%sfn_run shop --name 'a b/c'", "An execution cannot be called 'a b/c': ' ' is not allowed in it."),
        ("%sfn_debug shop --name " + 81 * "x", "it has 81 characters"),
        ("%sfn_replay nope", "nope means nothing in this notebook: NameError: name 'nope' is not defined"),
        ("%sfn_replay decide", "There are no events in it."),
        ("%sfn_export shop", "FILE is missing."),
        ("%sfn_export nothing nothing.html", 'There is no run or machine "nothing". There is "shop".'),
        ("%statemachine shop", "There is no definition"),
        ("%%statemachine shop", "There is no definition"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback_and_changes_nothing(shop: Notebook, cell: str, message: str) -> None:
    shown = shop.cell(cell)
    assert not shown.ok
    assert message in shown.printed
    assert "Traceback" not in shown.printed
    assert 'File "' not in shown.printed
    assert len(shown.printed.strip().splitlines()) <= 12
    assert shop.cell('%sfn_run shop {"code": 200}').value.status == "SUCCEEDED"


def test_the_python_api_shows_the_users_line_and_the_message(notebook: Notebook) -> None:
    shown = notebook.cell("import sfnbook\n\nmachine = sfnbook.StateMachine('{}', name='empty')")
    assert not shown.ok
    assert "line 3: machine = sfnbook.StateMachine" in shown.printed
    assert "empty has " in shown.printed
    assert "machine.py" not in shown.printed


def test_the_traceback_of_a_function_names_its_cell(shop: Notebook) -> None:
    shop.shell.run_cell("def decide(event):\n    return event['nothing']", store_history=True)
    visit = shop.cell("%sfn_run shop").value.visits[0]
    assert visit.error == "KeyError"
    trace = visit.attempts[-1].traceback.splitlines()
    assert trace[0] == "Traceback (most recent call last):"
    assert trace[1].endswith(", line 2, in decide")
    assert trace[1].startswith('  File "cell ')
    assert trace[2:] == ["    return event['nothing']", "           ~~~~~^^^^^^^^^^^", "KeyError: 'nothing'"]


@pytest.mark.parametrize("magic", ["%%statemachine", "%sfn_run", "%sfn_bind", "%sfn_list"])
def test_help_teaches_with_an_example(notebook: Notebook, magic: str) -> None:
    shown = notebook.cell(f"{magic.replace('%%', '%')} --help")
    assert shown.ok
    assert "Examples:" in shown.printed
    assert shown.printed.count(magic) >= 2


def test_loading_again_keeps_machines(shop: Notebook) -> None:
    shop.cell("%load_ext sfnbook\n%reload_ext sfnbook")
    assert shop.cell('%sfn_run shop {"code": 200}').value.status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%sfn_run sh", ["shop"]),
        ("%sfn_run shop --cl", ["--clock"]),
        ("%sfn_run shop --clock r", ["real"]),
        ("%sfn_run shop ord", ["order"]),
        ("%%sfn_run s", ["shop"]),
        ("%sfn_debug sh", ["shop"]),
        ("%sfn_debug cont", ["continue"]),
        ("%sfn_debug shop ord", ["order"]),
        ("run = %sfn_run sh", ["shop"]),
        ("x = 1\n%sfn_run sh", ["shop"]),
        ("if True:\n    runs['a'], b = %sfn_run shop ord", ["order"]),
        ("%sfn_run shop --name n ord", ["order"]),
        ("%sfn_debug shop --break D", ["Decide", "Done"]),
        ("%sfn_debug shop --break ", ["Decide", "OK?", '"Wait 4 min"', "Done", "error"]),
        ('%sfn_run shop --break "Wa', ['"Wait 4 min"']),
        ("%sfn_simulate s", ["shop"]),
        ("%sfn_simulate shop --duration De", ["Decide="]),
        ("%sfn_simulate shop --region eu-c", ["eu-central-1"]),
        ("%sfn_simulate shop --exp", ["--express"]),
        ("%sfn_run shop --fault D", ["Decide="]),
        ("%sfn_sweep shop --state D", ["Decide"]),
        ("%sfn_test_state sh", ["shop"]),
        ("%sfn_test_state shop Wa", ['"Wait 4 min"']),
        ("%sfn_test_state shop Decide ord", ["order"]),
        ("%sfn_test_state shop Decide --level D", ["DEBUG"]),
        ("%sfn_export sh", ["shop"]),
        ("%sfn_deploy sh", ["shop"]),
        ("%sfn_replay ord", ["order"]),
        ("%sfn_replay --machine sh", ["shop"]),
        ("%sfn_bind Dec", ["Decide"]),
        ("%sfn_bind arn:aws", [ARN]),
        ("%sfn_bind Decide dec", ["decide"]),
        ("%%statemachine shop --bind Decide=dec", ["Decide=decide"]),
        ("%%statemachine x\n" + SHOP.replace('"Default": "Wait 4 min"', '"Default": "Wa'), ["Wait 4 min"]),
    ],
)
def test_names_are_completed(shop: Notebook, text: str, offered: list[str]) -> None:
    shop.cell("order = {'id': 1}")
    start = text[: text.index('"Default": "Wa') + 14] if '"Default": "Wa' in text else text
    assert shop.complete(start, after=text[len(start) :]) == offered


def test_files_are_completed(shop: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("order.json", "an order.json", "orders/first.json", "notes.txt", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert shop.complete("%sfn_run shop @o") == ["@order.json", "@orders/"]
    assert shop.complete('%sfn_run shop @"an') == ['@"an order.json"']
    assert shop.complete("%sfn_debug shop @orders/") == ["@orders/first.json"]
    assert shop.complete("%sfn_replay o") == ["order.json", "orders/"]
    assert shop.complete("%statemachine x --file n") == ["notes.txt"]
    assert shop.complete(f"%sfn_run shop @{tmp_path}/no") == [f"@{tmp_path}/notes.txt"]
    assert shop.cell('%sfn_run shop @"an order.json"').value.input == {}


BROKEN = [
    ("%%statemachine shop\nnot json", "ERROR"),
    ('%%statemachine shop\n{"StartAt": "A", "StartAt": "A", "States": {}}', "ERROR"),
    ('%%statemachine shop\n{"States": {"A": {"Type": "Pass", "End": true}}}', "StartAt"),
    ("%%statemachine shop --type express\n{}", "--type express: choose one of STANDARD, EXPRESS."),
    ("%%statemachine shop --bind Decide\n{}", "--bind Decide: write RESOURCE=NAME"),
    ("%statemachine shop --file none.json", "The file none.json cannot be read"),
]


@pytest.mark.parametrize(("cell", "message"), BROKEN)
def test_a_machine_whose_last_definition_failed_does_not_run_as_it_was_before(
    shop: Notebook, cell: str, message: str
) -> None:
    shown = shop.cell(cell)
    assert not shown.ok
    assert message in shown.printed
    assert "Traceback" not in shown.printed
    for line in (
        "%sfn_run shop",
        "%sfn_debug shop",
        "%sfn_sweep shop",
        "%sfn_test_state shop Decide",
        "%sfn_deploy shop",
    ):
        refused = shop.cell(line)
        assert not refused.ok
        assert 'The last definition of "shop" was not taken. Mend it and run its cell again.' in refused.printed
        assert message.removeprefix("ERROR") in refused.printed
    assert "not taken" in shop.cell("%sfn_list").printed
    assert shop.cell(f"%%statemachine shop\n{SHOP}").ok
    assert shop.cell('%sfn_run shop {"code": 200}').value.status == "SUCCEEDED"


def test_a_machine_that_was_never_defined_well_is_told_from_one_that_is_not_there(shop: Notebook) -> None:
    assert not shop.cell("%%statemachine shopy\n{}").ok
    assert 'The last definition of "shopy" was not taken.' in shop.cell("%sfn_run shopy").printed


def test_a_machine_may_be_named_by_a_variable(shop: Notebook) -> None:
    shop.cell("m = 'shop'\nn = 'mine'\norder = {'code': 200}")
    assert shop.cell("%sfn_run $m $order --name $n").value.name == "mine"
    assert shop.cell("%sfn_run {m} {order}").value.output == {"code": 200}
    assert "Status" not in shop.cell("%sfn_test_state {m} Done").printed
    shop.cell("import sfnbook\nown = sfnbook.StateMachine('" + ECHO + "', name='other')")
    assert shop.cell("%sfn_run own 1").value.output == 1
    assert shop.cell("%sfn_run $own 2").value.output == 2


def test_a_magic_in_a_function_sees_its_variables(shop: Notebook) -> None:
    shown = shop.cell(
        "def go(code):\n"
        "    which, order = 'shop', {'code': code}\n"
        "    run = %sfn_run $which order\n"
        "    other = %sfn_run shop {'code': [order['code'] for _ in '1'][0] + 1}\n"
        "    return run.input, other.input\n"
        "go(199)"
    )
    assert shown.value == ({"code": 199}, {"code": 200})
    shop.cell("def bind():\n    def local(event): return 7\n    %sfn_bind Decide local\nbind()")
    assert shop.cell("%sfn_run shop").value.output == {"code": 7}


def test_a_binding_to_nothing_says_so(shop: Notebook) -> None:
    shown = shop.cell("%sfn_bind Decide decode")
    assert "There is no function called decode here. Did you mean decide?" in shown.printed
    assert "Decide → function decode (there is no function called decode here." in shop.cell("%sfn_bind").printed
    shown = shop.cell(f"%%statemachine shop --bind Decide=nofunc\n{SHOP}")
    assert "Decide → function nofunc (there is no function called nofunc here)" in shown.printed


def test_every_command_explains_itself(shop: Notebook) -> None:
    from sfnbook.notebook.magics import COMMANDS

    listed = shop.cell("%sfn_help").printed
    for name, command in COMMANDS.items():
        assert listed.count(f"  {command.name} ") == 1
        found = shop.shell.find_line_magic(name)
        assert found.__doc__ == command.help()
    assert len(listed.splitlines()) == len(COMMANDS) + 2
    for cell in ("%%statemachine --help", "%%sfn_run --help\n", "%sfn_debug help"):
        assert "Examples:" in shop.cell(cell).printed


def test_an_export_of_nothing_says_that_there_is_nothing(notebook: Notebook) -> None:
    assert "There is none here yet." in notebook.cell("%sfn_export x y.html").printed


def test_a_replay_is_the_cells_value(shop: Notebook) -> None:
    shop.cell('run = %sfn_run shop {"code": 200}\nanswer = run.history()')
    shown = shop.cell("seen = %sfn_replay answer --machine shop")
    assert shop.shell.user_ns["seen"].status == "SUCCEEDED"
    assert shown.text.count("SUCCEEDED") == 1
    assert shop.cell("%sfn_replay $answer --machine shop").text.count("SUCCEEDED") == 1
    assert shop.cell("seen").text.count("SUCCEEDED") == 1


def test_a_simulation_is_the_cells_value_with_a_plot(shop: Notebook) -> None:
    line = '%sfn_simulate shop {"code": 200} --runs 20 --duration Decide=1-3 --seed 4 --rate 2'
    shown = shop.cell(f"found = {line}\nfound")
    assert shown.ok, shown.text
    assert "shop: 20 runs" in shown.text
    assert "2 Standard executions a second" in shown.text
    assert "Decide" in shown.text
    assert "data:image/svg+xml" in shown.value._repr_html_()
    assert repr(shop.cell(line).value) == repr(shown.value)
    assert 'no Task state "Dcide"' in shop.cell("%sfn_simulate shop --duration Dcide=1").printed
    assert "eu-central-1" in shop.cell("%sfn_simulate shop --region mars").printed


def test_cases_are_made_from_a_definition(shop: Notebook) -> None:
    said = shop.cell("found = %sfn_cases shop\nprint(found)\nassert found.cases")
    assert said.ok
    assert "cases cover" in said.text
