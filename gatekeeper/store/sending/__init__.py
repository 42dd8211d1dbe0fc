"""Reports sent to many: whom there is, who is on a list, and what became of each."""
