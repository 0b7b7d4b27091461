"""Tests of state machines: the pytest plugin, snapshots, recorded histories run against a change, generated cases.

``plugin`` is what pytest loads; it imports nothing of sfnbook until a test uses it.
"""
