"""What a cell shows: machines, runs, loops, tables and tracebacks, as a page or as text."""
