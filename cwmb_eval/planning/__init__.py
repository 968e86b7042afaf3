"""What a world model is worth to a planner: returns in the true environment, between those of chance and of an oracle."""
