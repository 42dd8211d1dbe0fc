"""From answers and figures to a category or a class."""
