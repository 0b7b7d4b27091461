"""Clocks, threads and event loops: sessions that drive executions, and the debugger."""
