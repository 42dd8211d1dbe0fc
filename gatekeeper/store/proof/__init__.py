"""The log's rows and the reads over them."""
