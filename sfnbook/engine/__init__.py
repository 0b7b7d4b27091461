"""The semantics of the States Language: a compiled program and commands in, events out. Knows no clock, thread or network."""
