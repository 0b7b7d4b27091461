"""Test cases made from a definition: inputs and task answers that reach what no run has covered.

`search.generate` finds them; `pytest_file` and `mock_file` write them down. Pure: reads no clock and calls nobody.
"""
