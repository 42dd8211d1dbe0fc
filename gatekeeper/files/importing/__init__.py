"""Reading tables that people send in: CSV in the encodings that spreadsheet programs write, and XLSX."""
