"""The pages that prove: figures, integrity, exports, receipts, as of a day."""
