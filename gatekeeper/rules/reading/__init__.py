"""Reading a report's file: lines to text, legible or not, what it says of itself, and what a person must know of the file."""
