"""How printed words are read: one folded form to match on, headings and sentences, and the clauses of a notice."""
