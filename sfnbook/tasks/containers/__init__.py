"""Programs as tasks: container images over the Docker API, and local commands."""
