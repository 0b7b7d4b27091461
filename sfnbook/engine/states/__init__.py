"""The work of each state type: what a state does between being entered and being left."""
