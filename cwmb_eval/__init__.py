"""World models as programs (arXiv 2405.15383): recorded transitions of an environment are the tests of a simulator of it."""
