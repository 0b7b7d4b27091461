"""Durations, money and load before they happen: many runs of a machine in virtual time."""
