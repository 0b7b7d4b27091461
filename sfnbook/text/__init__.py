"""A run and a machine as plain text."""
