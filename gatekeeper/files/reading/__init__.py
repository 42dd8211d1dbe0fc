"""Reports in other forms than text: what a PDF or a DOCX says, where it stands, and what else the file carries."""
