"""Persons who sign in: accounts, roles, passwords, their own data."""
