"""Judges: pure functions of what a program wrote and what the data set expects."""
