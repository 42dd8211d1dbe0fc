"""What is told in the same words at more than one door."""
