"""What readers do: open, keep, accept, and look at their own record."""
