"""Searches for who may have what: each result decided as if it were asked for alone, and how a page of them stands in entries."""
