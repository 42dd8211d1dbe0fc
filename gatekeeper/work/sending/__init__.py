"""Mail and other ways out: composing, sending, and what the servers answered."""
