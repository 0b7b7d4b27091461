"""The functions that the tasks call. Each gets the output of the state before it."""

import base64


def AMIS_unittest_test_accept(event, context):
    print("accepting an order on", event["release"])
    return {"test": "accept", "passed": True, "message": base64.b64encode(b"secret").decode()}


def AMIS_unittest_test_decrypt(event, context):
    return {"test": "decrypt", "passed": base64.b64decode(event["message"]) == b"secret"}


def AMIS_unittest_test_update_db(event, context):
    return {"test": "update_db", "passed": True, "rows": 3}


def AMIS_perftest_test(event, context):
    return {"job": "load-1", "users": 200}


def AMIS_perftest_get_stats(event, context):
    return {"test": "performance", "passed": True, "job": event["job"], "p99_ms": 48}
