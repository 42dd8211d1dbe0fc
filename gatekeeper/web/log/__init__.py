"""The pages over the log itself: entries, filters, saved views."""
