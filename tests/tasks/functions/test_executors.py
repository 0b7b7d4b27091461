"""Functions on pools of threads and processes, and on a Dask cluster's executor."""

from __future__ import annotations

import json
import linecache
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

import sfnbook
from sfnbook.errors import BindingError
from sfnbook.machine import StateMachine
from sfnbook.run import Run
from sfnbook.tasks.functions.executors import ExecutorTarget, packed

WORK = "arn:aws:lambda:us-east-1:123456789012:function:work"
INVOKE = "arn:aws:states:::lambda:invoke"
CONTEXT = multiprocessing.get_context("spawn")  # knows nothing of this process: what a function needs must travel

Pool = Callable[[str], Executor]


@pytest.fixture(scope="module")
def pools() -> Iterator[dict[str, Executor]]:
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, CONTEXT) as processes:
        yield {"threads": threads, "processes": processes}


@pytest.fixture(params=["threads", "processes"])
def pool(request: pytest.FixtureRequest, pools: dict[str, Executor]) -> Executor:
    return pools[request.param]


def machine(target: Any, executor: Executor, *, resource: str = WORK, **fields: Any) -> StateMachine:
    states = {"Work": {"Type": "Task", "Resource": resource, "End": True, **fields}}
    return sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one").bind(
        "Work", target, executor=executor
    )


def run(target: Any, executor: Executor, input: Any = None, **fields: Any) -> Run:
    return machine(target, executor, **fields).run(input)


def test_the_function_runs_there_with_event_and_context(pool: Executor) -> None:
    def work(event: Any, context: Any) -> Any:
        left = context.get_remaining_time_in_millis()
        return [event["n"] + 1, context.function_name, 590_000 < left <= 600_000, os.getpid(), threading.get_ident()]

    done = run(work, pool, {"n": 1}, TimeoutSeconds=600)
    assert done.status == "SUCCEEDED", done.cause
    assert done.output[:3] == [2, "work", True]
    assert (done.output[3] == os.getpid()) == isinstance(pool, ThreadPoolExecutor)
    assert done.output[4] != threading.get_ident()


def test_what_it_prints_and_logs_stands_at_its_attempt(pool: Executor, capsys: pytest.CaptureFixture[str]) -> None:
    def work(event: Any) -> None:
        print("printed")
        logging.getLogger("shop").warning("logged %s", event["n"])

    attempt = run(work, pool, {"n": 1}).visits[0].attempts[0]
    assert attempt.logs == "printed\n[WARNING]\tlogged 1\n"
    assert capsys.readouterr().out == ""


def test_a_flood_is_cut(pool: Executor) -> None:
    def work(event: Any) -> None:
        for _ in range(10):
            print("x" * 99_999)

    logs = run(work, pool).visits[0].attempts[0].logs
    assert len(logs) < 270_000
    assert logs.endswith("\n… 737,856 more characters were dropped")


def test_an_exception_has_lambdas_cause_and_the_users_own_lines(pool: Executor) -> None:
    def deeper() -> None:
        raise KeyError("none left")

    def work(event: Any) -> None:
        print("before")
        deeper()

    done = run(work, pool)
    cause = json.loads(done.cause or "")
    assert (done.error, cause["errorType"], cause["errorMessage"]) == ("KeyError", "KeyError", "'none left'")
    assert [line.split("\n")[1].strip() for line in cause["stackTrace"]] == ["deeper()", 'raise KeyError("none left")']
    assert all("test_executors.py" in line for line in cause["stackTrace"])
    attempt = done.visits[0].attempts[0]
    assert attempt.logs == "before\n"
    assert attempt.traceback.endswith("KeyError: 'none left'")


def test_lines_that_only_this_process_has_stand_in_the_stack_trace(pool: Executor) -> None:
    """A notebook's cells are files that no other process can read."""
    text = 'def work(event):\n    return inner()\n\ndef inner():\n    raise ValueError("here")\n'
    linecache.cache["<cell 7>"] = (len(text), None, text.splitlines(keepends=True), "<cell 7>")
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "<cell 7>", "exec"), names)
    trace = json.loads(run(names["work"], pool).cause or "")["stackTrace"]
    assert [line.split("\n")[:2] for line in trace] == [
        ['  File "<cell 7>", line 2, in work', "    return inner()"],
        ['  File "<cell 7>", line 5, in inner', '    raise ValueError("here")'],
    ]


def test_the_same_function_is_the_same_pickle() -> None:
    def work(event: Any) -> Any:
        return dict.fromkeys(event, event)

    assert packed(work) == packed(work)


def test_other_ways_to_fail(pool: Executor) -> None:
    def refuse(event: Any) -> None:
        raise sfnbook.TaskError("OutOfStock", "none left")

    def leave(event: Any) -> None:
        raise SystemExit(3)

    class Fatal(BaseException):
        pass

    def fatal(event: Any) -> None:
        raise Fatal("gone")

    def odd(event: Any) -> Any:
        return {"a": [object()]}

    done = run(refuse, pool)
    assert (done.error, done.cause) == ("OutOfStock", "none left")
    done = run(leave, pool)
    assert (done.error, "exit status 3" in (done.cause or "")) == ("Runtime.ExitError", True)
    done = run(fatal, pool)
    assert (done.error, "exit status 1" in (done.cause or "")) == ("Runtime.ExitError", True)
    assert done.visits[0].attempts[0].traceback.endswith("Fatal: gone")
    done = run(odd, pool)
    assert done.error == "Runtime.MarshalError"
    assert json.loads(done.cause or "")["errorMessage"].endswith("Object of type object is not JSON serializable")
    assert "$.a[0]" in done.visits[0].attempts[0].logs


def test_async_functions(pool: Executor) -> None:
    async def work(event: Any) -> Any:
        if event["fail"]:
            raise ValueError("no")
        print("async")
        return {"ok": True}

    done = run(work, pool, {"fail": False})
    assert (done.output, done.visits[0].attempts[0].logs) == ({"ok": True}, "async\n")
    done = run(work, pool, {"fail": True})
    assert done.error == "ValueError"
    assert len(json.loads(done.cause or "")["stackTrace"]) == 1


def test_the_envelope_of_lambda_invoke_and_a_retry(pool: Executor) -> None:
    def work(event: Any) -> Any:
        print("call")
        if event["attempt"] == 0:
            raise RuntimeError("once more")
        return "done"

    done = run(
        work,
        pool,
        resource=INVOKE,
        Parameters={"FunctionName": "work", "Payload": {"attempt.$": "$$.State.RetryCount"}},
        Retry=[{"ErrorEquals": ["RuntimeError"]}],
        OutputPath="$.Payload",
    )
    assert done.output == "done"
    assert [attempt.logs for attempt in done.visits[0].attempts] == ["call\n", "call\n"]


def test_a_name_is_looked_up_at_each_call(pool: Executor) -> None:
    names: dict[str, Any] = {"work": lambda event: 1}
    states = {"Work": {"Type": "Task", "Resource": WORK, "End": True}}
    shop = sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one", namespace=names)
    shop.bind("Work", "work", executor=pool)
    assert shop.run().output == 1
    names["work"] = lambda event: 2
    assert shop.run().output == 2
    assert shop.tasks()[0].bound == f"function work on {type(pool).__name__}"


def test_many_at_once_in_a_map(pool: Executor) -> None:
    def work(event: Any) -> Any:
        print(event)
        return event * 2

    inner = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": WORK, "End": True}}}
    states = {"Each": {"Type": "Map", "ItemProcessor": inner, "End": True}}
    shop = sfnbook.StateMachine({"StartAt": "Each", "States": states}, name="many").bind("Work", work, executor=pool)
    done = shop.run(list(range(200)))
    assert done.output == [2 * n for n in range(200)]
    visits = [visit for visit in done.visits if visit.name == "Work"]
    assert [visit.attempts[0].logs for visit in visits] == [f"{visit.input}\n" for visit in visits]


def test_a_function_that_cannot_be_pickled(pools: dict[str, Executor]) -> None:
    lock = threading.Lock()

    def work(event: Any) -> None:
        with lock:
            pass

    done = run(work, pools["processes"])
    assert "Function work cannot be sent to ProcessPoolExecutor: TypeError: cannot pickle" in (done.cause or "")
    assert run(work, pools["threads"]).status == "SUCCEEDED"


class Unloadable:
    """Pickles well; loading it fails."""

    __name__ = "work"

    def __call__(self, event: Any) -> None: ...

    def __reduce__(self) -> Any:
        return __import__, ("no_such_module_there",)


def test_a_function_that_cannot_be_loaded_there_leaves_the_pool_alive(pools: dict[str, Executor]) -> None:
    done = run(Unloadable(), pools["processes"])
    assert done.error == "Runtime.ImportModuleError"
    assert "no_such_module_there" in json.loads(done.cause or "")["errorMessage"]
    assert run(lambda event: 1, pools["processes"]).output == 1


def test_a_process_that_dies_is_a_failed_task_that_can_be_caught() -> None:
    def work(event: Any) -> None:
        os._exit(1)

    catch = [{"ErrorEquals": ["Runtime.ExitError"], "ResultPath": "$.failure", "Next": "Done"}]
    states = {
        "Work": {"Type": "Task", "Resource": WORK, "Catch": catch, "End": True},
        "Done": {"Type": "Succeed"},
    }
    with ProcessPoolExecutor(1, CONTEXT) as broken:
        shop = sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one").bind(
            "Work", work, executor=broken
        )
        for _ in range(2):  # the second finds the pool broken
            done = shop.run()
            assert done.status == "SUCCEEDED"
            cause = json.loads(done.output["failure"]["Cause"])
            assert "ProcessPoolExecutor lost the call. BrokenProcessPool" in cause["errorMessage"]
            assert "Make a new one and bind work again." in cause["errorMessage"]


def test_a_pool_that_was_shut_down() -> None:
    with ThreadPoolExecutor(1) as pool:
        pass
    done = run(lambda event: 1, pool)
    assert done.status == "FAILED"
    assert "ThreadPoolExecutor takes no calls: RuntimeError: cannot schedule new futures after shutdown." in str(
        done.cause
    )


class Held(Executor):
    """Takes calls and answers none by itself."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []
        self.taken = threading.Semaphore(0)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.futures.append(future)
        self.taken.release()
        return future


def test_an_abort_cancels_what_has_not_begun() -> None:
    held = Held()
    running = machine(lambda event: 1, held).run(wait=False)
    assert held.taken.acquire(timeout=5)
    running.stop()
    assert running.wait(60)
    assert running.status == "ABORTED"
    deadline = time.monotonic() + 5
    while not held.futures[0].cancelled() and time.monotonic() < deadline:
        held.taken.acquire(timeout=0.01)
    assert held.futures[0].cancelled()


def test_a_timeout_cancels_too() -> None:
    held = Held()
    done = machine(lambda event: 1, held, TimeoutSeconds=1).run()
    assert done.error == "States.Timeout"
    assert held.futures[0].cancelled()


def test_a_call_that_the_executors_owner_cancels_fails_its_task() -> None:
    held = Held()
    running = machine(lambda event: 1, held).run(wait=False)
    assert held.taken.acquire(timeout=5)
    held.futures[0].cancel()
    assert running.wait(60)
    assert "Held takes no calls: the call was cancelled." in str(running.cause)


def test_what_no_executor_can_run(pool: Executor) -> None:
    with pytest.raises(BindingError, match="an executor runs Python functions, and process cat is none"):
        machine("process:cat", pool)
    with pytest.raises(BindingError, match=r"executor=4 is no concurrent\.futures\.Executor"):
        machine(print, 4)  # type: ignore[arg-type]
    with pytest.raises(sfnbook.InputError, match="cannot be a task"):
        machine(lambda: 1, pool)


def test_every_call_travels_under_its_own_number() -> None:
    sent: list[Any] = []

    class Noting(Held):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            sent.append(args)
            future = super().submit(fn)
            future.set_result(fn(*args))
            return future

    shop = machine(lambda event: 1, Noting())
    assert [shop.run().output, shop.run().output] == [1, 1]
    assert sent[0] != sent[1]
    assert isinstance(next(iter(shop.bindings)).target, ExecutorTarget)


# --------------------------------------------------------------------------------------------------------------- Dask
@pytest.fixture(scope="module")
def dask() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=2,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # any free port: without bokeh nobody is behind it
        silence_logs=logging.CRITICAL,
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


ITEMS = 10_000


def test_a_distributed_map_of_10000_items_on_a_dask_cluster(dask: Any) -> None:
    def score(event: Any) -> Any:
        print("item", event, os.getpid())
        if event % 1000 == 999:
            raise ValueError(f"bad item {event}")
        return event * 2

    score_state = {
        "Type": "Task",
        "Resource": WORK,
        "Catch": [{"ErrorEquals": ["ValueError"], "Next": "Bad"}],
        "End": True,
    }
    inner = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Score",
        "States": {"Score": score_state, "Bad": {"Type": "Pass", "Result": -1, "End": True}},
    }
    states = {"Each": {"Type": "Map", "ItemProcessor": inner, "End": True}}
    shop = sfnbook.StateMachine({"StartAt": "Each", "States": states}, name="many")
    done = shop.bind("Score", score, executor=dask.get_executor()).run(list(range(ITEMS)), clock="real")
    assert done.status == "SUCCEEDED", done.cause
    assert done.output == [-1 if n % 1000 == 999 else 2 * n for n in range(ITEMS)]
    print(f"{ITEMS / done.seconds:,.0f} items a second")
    logs = {key[0][-1][1]: log.text.split() for key, log in done._session.logs.items()}  # by the item's number
    assert {index: words[:2] for index, words in logs.items()} == {n: ["item", str(n)] for n in range(ITEMS)}
    workers = {words[2] for words in logs.values()}
    assert len(workers) == 2
    assert str(os.getpid()) not in workers


def test_identical_calls_are_made_anew_on_dask(dask: Any) -> None:
    def work(event: Any) -> Any:
        return time.monotonic_ns()

    shop = machine(work, dask.get_executor())
    assert shop.run().output != shop.run().output


def test_a_dask_executor_that_was_shut_down(dask: Any) -> None:
    executor = dask.get_executor()
    executor.shutdown()
    assert "ClientExecutor takes no calls: RuntimeError: cannot schedule new futures" in str(
        run(lambda event: 1, executor).cause
    )
    with pytest.raises(BindingError, match=r"Write executor=client\.get_executor\(\)\."):
        machine(print, dask)
