"""From a program to what it answers, and from that to verdicts: arrays leave the jail, the comparison is outside."""
