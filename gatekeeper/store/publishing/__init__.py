"""Reports with their versions, gradings and releases, and the content apart."""
