"""What can be proven: the only writer of ledger rows."""
