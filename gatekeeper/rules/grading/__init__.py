"""How a report's grade and audience are changed, and what grade it has at least."""
