"""Distributed Map: Map runs, their child executions and result records."""
