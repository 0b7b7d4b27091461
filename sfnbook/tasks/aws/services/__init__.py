"""Where AWS services answer: embedded in this process, at an endpoint, in an account; what boto3 here may reach."""
