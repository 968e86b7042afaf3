"""A jail for untrusted programs that knows no right answer."""
