"""The pages of notices and call-backs."""
