"""What operators see of a running service: its log, its numbers, and what is said of each request. None of it names anybody."""
