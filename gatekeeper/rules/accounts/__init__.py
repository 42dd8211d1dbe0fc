"""What accounts may do that no person signs in with."""
