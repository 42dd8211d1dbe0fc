"""What the work process does with reports."""
