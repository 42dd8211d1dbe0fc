"""Bringing reports out: what a person chooses from."""
