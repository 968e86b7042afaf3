"""A language model that predicts transitions itself, beside a program that does."""
