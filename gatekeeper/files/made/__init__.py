"""Files made for people outside: letters, receipts, sheets, packs."""
