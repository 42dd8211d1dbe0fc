"""Persons, their sessions, links and confirmations."""
