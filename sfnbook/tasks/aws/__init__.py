"""Service integrations: a Task that calls an AWS API through boto3 (`integration`), and a room for each thing this needs."""
