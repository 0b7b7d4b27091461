"""Advice beyond what AWS refuses: rules with a code, a level and a page, and `sfnbook check` over files and folders."""
