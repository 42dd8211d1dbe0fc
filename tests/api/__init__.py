"""The decision API, over both databases."""
