"""What a Task's resource means here: handlers for Python functions, containers, AWS services, mocks, child executions."""
