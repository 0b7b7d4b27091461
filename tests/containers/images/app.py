"""The function in the tests' Lambda images. ``event["do"]`` says what it does."""

import os
import sys
import time

print("cold start")
if os.environ.get("BROKEN"):
    raise ImportError("this function cannot begin")

INSTANCE = os.urandom(8).hex()
calls = 0


def handler(event, context):
    global calls
    calls += 1
    print("handling", event.get("n"))
    match event.get("do"):
        case "raise":
            raise ValueError("no good")
        case "exit":
            sys.stdout.flush()
            os._exit(3)
        case "sleep":
            time.sleep(event["seconds"])
        case "flood":
            for _ in range(100):
                sys.stderr.write("x" * 1_000_000 + "\n")
        case "hoard":
            hoard = [bytearray(b"x" * 1_000_000) for _ in range(1_000)]
            return len(hoard)
        case "long":
            return "x" * 7_000_000
    return {
        "n": event.get("n"),
        "calls": calls,
        "instance": INSTANCE,
        "function": context.function_name,
        "left": context.get_remaining_time_in_millis() > 0,
        "greeting": os.environ.get("GREETING"),
        "memory": context.memory_limit_in_mb,
    }
