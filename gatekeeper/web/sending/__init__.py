"""Reports sent to many: to whom, and what became of each."""
