"""Looking at the log, proving it, and keeping it."""
