"""Transitions from true environments: policies of rising quality, trajectories with seeds, splits, files."""
