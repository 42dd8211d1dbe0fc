"""Reports sent to many: what begins it, and how a hundred answers stand in one entry."""
