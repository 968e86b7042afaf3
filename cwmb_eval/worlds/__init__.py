"""True environments, from which transitions are collected; they never come near a program that is judged."""
