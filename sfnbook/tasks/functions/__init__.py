"""Lambda functions: Python functions of this process, on executors, and behind a Lambda endpoint."""
