"""The door for people: guards, forms, and one module for each face."""
