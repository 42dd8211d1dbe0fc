"""What is kept as files: report texts as they arrive, checked by content and never by name."""
