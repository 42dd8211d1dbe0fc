"""What a change does: what it raises, whom it moves, how it differs."""
