"""Language models: a served one, a recorded one, and an honest stand-in; each is found by name through an entry point."""
