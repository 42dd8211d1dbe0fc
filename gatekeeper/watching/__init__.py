"""What operators see of a running service: its log, its numbers, and what is said of each request. None of it names anybody."""

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the processes of one server find each other's counts; it must be set before the first of them counts."""
