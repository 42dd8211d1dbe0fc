"""The pages for signing in and for accounts."""
