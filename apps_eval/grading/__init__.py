"""Grading given programs on APPS: no search, no model."""
