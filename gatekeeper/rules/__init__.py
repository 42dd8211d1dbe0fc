"""What is allowed: pure functions over frozen values. Standard library only, no I/O, no clock, no environment."""
