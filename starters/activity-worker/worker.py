"""The worker: makes the activity where it is not there yet, takes tasks, works, says that it is alive, and answers.

Usage: python worker.py NAME
"""

import json
import sys
import threading

import boto3
from botocore.config import Config
from functions import pack

HEARTBEAT = 20  # seconds; the state's HeartbeatSeconds is 60


def work(client, activity):
    """Wait up to a minute for a task and do it. Returns whether there was one."""
    task = client.get_activity_task(activityArn=activity, workerName="packer")
    token = task.get("taskToken")
    if not token:
        return False
    done = threading.Event()
    threading.Thread(target=beat, args=(client, token, done), daemon=True).start()
    try:
        result = pack(json.loads(task["input"]))
    except Exception as fault:  # whatever goes wrong is the task's error, by its name
        client.send_task_failure(taskToken=token, error=type(fault).__name__, cause=str(fault))
    else:
        client.send_task_success(taskToken=token, output=json.dumps(result))
    finally:
        done.set()
    return True


def beat(client, token, done):
    while not done.wait(HEARTBEAT):
        client.send_task_heartbeat(taskToken=token)


if __name__ == "__main__":
    client = boto3.client("stepfunctions", config=Config(read_timeout=70))  # a poll takes a minute
    arn = client.create_activity(name=sys.argv[1])["activityArn"]
    while True:
        work(client, arn)
