"""Staff's first page, and what waits for a second person."""
