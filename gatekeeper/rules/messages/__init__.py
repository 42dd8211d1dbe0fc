"""What is told by which channel, and how links and addresses look."""
