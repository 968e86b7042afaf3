"""Runs made ready for others: a page with figures, and rows of attempts."""
