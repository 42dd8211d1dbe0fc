"""Investors and what is on file about them, now and then."""
