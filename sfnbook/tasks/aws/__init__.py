"""Service integrations: calls to AWS APIs through boto3, on embedded services, endpoints or a named account."""
