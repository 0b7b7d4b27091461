"""Expressions compiled to closures: a room for each query language, and the data flow of a state, which both share."""
