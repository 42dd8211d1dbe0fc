"""The running product as people attack it who want what they may not have."""
