#!PYTHON
"""Stands in for AWS's runtime interface emulator, whose binary no package registry carries.

Behaves as its source says: one invocation at a time on port 8080, errors with status 200 and no header, time-outs as a
bare sentence, and a runtime process of its own that it starts anew after it has died.
"""

import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

invocations, answers = queue.Queue(), queue.Queue()
runtime = None


def start():
    global runtime
    env = {**os.environ, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}
    process = runtime = subprocess.Popen([sys.executable, "-m", "awslambdaric", sys.argv[1]], env=env)
    threading.Thread(target=lambda: answers.put((process, process.wait())), daemon=True).start()


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(body)}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class RuntimeApi(Quiet):
    def do_GET(self):
        id, payload = invocations.get()
        arn = "arn:aws:lambda:us-east-1:012345678912:function:test_function"
        self.answer(
            200,
            payload,
            Lambda_Runtime_Aws_Request_Id=id,
            Lambda_Runtime_Deadline_Ms=int(time.time() * 1000) + 300_000,
            Lambda_Runtime_Trace_Id="Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            Lambda_Runtime_Invoked_Function_Arn=arn,
        )

    def do_POST(self):
        answers.put((None, self.body()))
        self.answer(202)


class Invoke(Quiet):
    def do_GET(self):
        self.answer(404)

    def do_POST(self):
        id, payload = str(uuid.uuid4()), self.body()
        if runtime is None or runtime.poll() is not None:
            start()
        print(f"START RequestId: {id} Version: $LATEST", flush=True)
        invocations.put((id, payload))
        limit = int(os.environ.get("AWS_LAMBDA_FUNCTION_TIMEOUT", "300"))
        try:
            process, answer = answers.get(timeout=limit)
        except queue.Empty:
            answer = f"Task timed out after {limit}.00 seconds".encode()
        else:
            if process is not None:
                message = f"RequestId: {id} Error: Runtime exited with error: exit status {answer}"
                answer = f'{{"errorType":"Runtime.ExitError","errorMessage":"{message}"}}'.encode()
        print(f"END RequestId: {id}", flush=True)
        self.answer(200, answer)


threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", 9001), RuntimeApi).serve_forever, daemon=True).start()
ThreadingHTTPServer(("", 8080), Invoke).serve_forever()
