"""One file a tracker: each has ``send``, and is imported only where it was asked for."""
