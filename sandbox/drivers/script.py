"""Runs the program as a script."""

# mypy: disable-error-code="no-untyped-def"


def load(program):
    """Nothing runs yet."""
    return program


def step(program, _data):
    """Run it from its first line to the end that an interpreter would make."""
    program.run()
