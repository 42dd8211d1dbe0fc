"""Importing people and classifications from a table: its columns, what its cells say, and what a row would change."""
