"""A run, whether live, past or recorded: what can be asked of it, its forks and children, lists of runs."""
