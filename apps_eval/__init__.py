"""The APPS benchmark (arXiv 2105.09938): data, scoring rules and tasks."""
