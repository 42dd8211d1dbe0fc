"""Every command by its name: where it is, and the sentence that explains it, which is all that a list of them loads."""

from typing import NamedTuple

from gatekeeper.rules.errors import N_


class Place(NamedTuple):
    """Where a command is declared, and what it is for."""

    declared: str
    help: str


COMMANDS = {
    "ask": Place(
        "gatekeeper.cli.ask:ask",
        N_(
            "Ask a server elsewhere whether SUBJECT (a client number or a login) may do ACTION with REPORT, or many such "
            "questions of a CSV file. The token of the service account is read from GATEKEEPER_TOKEN or from a file. "
            "Exit codes: 0 permitted, 1 refused, 2 no answer; nothing but 0 is a permit."
        ),
    ),
    "db": Place("gatekeeper.cli.running.db:group", N_("Bring the database to this version, and check that it is there.")),
    "decide": Place(
        "gatekeeper.cli.decide:decide",
        N_("Decide whether PERSON (a login) may act on REPORT (an id or its beginning), and record it."),
    ),
    "demo": Place(
        "gatekeeper.cli.running.demo:demo",
        N_("Start a demonstration: SQLite, made-up people and reports, reachable from this machine alone."),
    ),
    "ledger": Place("gatekeeper.cli.proof.ledger:group", N_("Read the ledger.")),
    "people": Place("gatekeeper.cli.clients.people:group", N_("Investors, the people who act for them, and staff.")),
    "policy": Place("gatekeeper.cli.policy:group", N_("The policy: which category may be given which grade, and for how long.")),
    "proposals": Place("gatekeeper.cli.proposals:group", N_("What waits for a second person.")),
    "reports": Place(
        "gatekeeper.cli.publishing.reports:group",
        N_("Reports on their way out: imported, proposed, approved, published, withdrawn."),
    ),
    "serve": Place(
        "gatekeeper.cli.running.serve:serve",
        N_("Serve the pages. Stops by itself when the settings or the database are not ready."),
    ),
    "services": Place("gatekeeper.cli.services:group", N_("The accounts by which other systems ask.")),
    "settings": Place(
        "gatekeeper.cli.running.variables:settings",
        N_("List every setting with its meaning, source and value; secrets stay hidden."),
    ),
    "trace": Place(
        "gatekeeper.cli.proof.trace:trace",
        N_("Say who was given a leaked page or file. WHAT is a PDF, a picture of a page, or the code on it."),
    ),
    "work": Place(
        "gatekeeper.cli.running.work:work",
        N_("Do what is due again and again, such as sending mail. `serve` starts this by itself."),
    ),
}
