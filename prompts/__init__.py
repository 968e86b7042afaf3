"""The words that models read: Jinja templates by benchmark, read by ``gifmcts.prompting`` alone."""
