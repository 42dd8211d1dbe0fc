"""What ends by itself."""
