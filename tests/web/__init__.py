"""The door for people, through forms and redirects."""
