"""Exercises that check what a state machine does, not how it is written: for a course, a class, a grader.

``checks`` compares one run with what is wanted, ``exercise`` reads exercises from files and judges an answer.
"""
