"""What readers get to see of a report's pages, and how a page that got out is read back."""
