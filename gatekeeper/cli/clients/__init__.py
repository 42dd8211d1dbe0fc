"""Commands about people and investors."""
