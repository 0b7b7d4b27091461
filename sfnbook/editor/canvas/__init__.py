"""Editing a definition by its diagram."""
