"""What pytest is taught for this project."""
