"""The door for operators: ``gatekeeper demo | serve | db | people | reports | proposals | decide | ledger | settings | work``."""

from gatekeeper.cli.root import gatekeeper


def main() -> None:
    """Run the command line."""
    gatekeeper()
