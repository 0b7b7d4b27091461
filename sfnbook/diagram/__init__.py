"""The diagram of a state machine: graph, layout and SVG."""
