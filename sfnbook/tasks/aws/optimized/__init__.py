"""Optimized integrations that do more than call an action: `.sync` jobs, EMR, Bedrock, an agent harness."""
