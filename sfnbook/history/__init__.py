"""What is recorded of a run: GetExecutionHistory's shapes, visits of states, where data came from."""
