"""Lambda functions as Python functions: called in this process, on executors, or from a folder of code."""
