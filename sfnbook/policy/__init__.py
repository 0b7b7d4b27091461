"""The IAM policy of a machine's role: what its states need, as AWS documents it for each integration."""
