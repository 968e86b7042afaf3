"""What predictions are worth: per transition, per component, by class of reward, and over several steps."""
