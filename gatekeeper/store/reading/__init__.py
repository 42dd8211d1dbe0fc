"""What a reading needs and leaves: facts of one decision, acceptances, bookmarks."""
