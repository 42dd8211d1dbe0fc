"""How entries come into the tables of each database."""
