"""The client's pages: the list, the statement, the report, why not."""
