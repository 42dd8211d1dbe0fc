"""A dispute pack: nine parts in one archive, each to read and for programs, a manifest of them all, and what checks them.

The same values give the same bytes of the first eight parts; the ninth says when it was made and holds the log as of then.
"""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from zoneinfo import ZoneInfo

from gatekeeper import language
from gatekeeper.files.made import receipt
from gatekeeper.files.made.court import TAG, say
from gatekeeper.files.made.dispute_paper import PAPERS, Printer
from gatekeeper.rules.errors import N_
from gatekeeper.store.clients.dispute import Dispute, Part, plain

FORMAT = "gatekeeper-dispute-pack-1"
TITLES = {
    "profile": N_("Profile at the time"),
    "questionnaire": N_("Questionnaire with its answers"),
    "letter": N_("Letter with the result"),
    "report": N_("Report's version with its printed notice"),
    "decisions": N_("Decisions with their facts"),
    "notices": N_("Notices to the investor"),
    "acknowledgements": N_("Acknowledgements with the accepted words"),
    "timeline": N_("Timeline"),
    "verification": N_("Verification"),
}
"""The nine parts, in their order."""
VERIFICATION = "verification"
_README = Path(__file__).with_name("dispute_readme.md")
_TITLE = N_("Dispute pack")
_HOW = N_(
    "Unpack into an empty folder and run: python3 -I gkverify.py manifest.json --vkey KEY. The key of the log comes to you by"
    " another way."
)
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What goes into an archive: what it is about, the first eight parts, and how to write the evidence of their entries.

    ``evidence`` writes a bundle and says what it holds; in its place stands why there is none. ``program`` checks it all.
    """

    dispute: Dispute
    parts: Mapping[str, Part]
    evidence: Callable[[IO[bytes]], dict[str, Any]] | str
    program: bytes
    firm: str
    zone: ZoneInfo
    made_by: str
    made_at: datetime


@dataclass(slots=True)
class Written:
    """What a finished archive holds: the digest of each file, the parts that are missing, and the evidence in numbers."""

    files: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)


def write(out: IO[bytes], pack: Pack) -> Written:
    """Write the archive."""
    written = Written(missing={name: part for name, part in pack.parts.items() if isinstance(part, str)})
    if isinstance(pack.evidence, str):
        written.missing[VERIFICATION] = pack.evidence
    printer = Printer(pack.firm, pack.zone, f"{pack.dispute.investor.name} · {_when(pack, pack.dispute.moment)}")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        put = _Archive(archive, pack.dispute.moment, written)
        put.whole("README.md", _README.read_bytes())
        put.whole("0-contents.pdf", receipt.pdf(_contents(printer, pack, written)))
        for number, name in enumerate(pack.parts, 1):
            part = pack.parts[name]
            if not isinstance(part, str):
                put.whole(f"{number}-{name}.json", _json(part))
                put.whole(f"{number}-{name}.pdf", receipt.pdf(PAPERS[name](printer, f"{number} {say(TITLES[name])}", part)))
        put.whole("gkverify.py", pack.program)
        if not isinstance(pack.evidence, str):
            with TemporaryFile() as bundle:
                written.evidence = pack.evidence(bundle)
                bundle.seek(0)
                put.copied("evidence.zip", bundle)
        manifest = _json(_manifest(pack, written))
        put.whole("manifest.json", manifest)
    return written


class _Archive:
    """Members of an archive, all of one time, each with its digest taken on the way."""

    def __init__(self, archive: zipfile.ZipFile, moment: datetime, written: Written) -> None:
        self._archive, self._time, self._written = archive, moment.timetuple()[:6], written

    def whole(self, name: str, content: bytes) -> None:
        """A member that is there as a whole."""
        with self._archive.open(self._info(name, zipfile.ZIP_DEFLATED), "w") as member:
            member.write(content)
        self._written.files[name] = sha256(content).hexdigest()

    def copied(self, name: str, content: IO[bytes]) -> None:
        """A member that is an archive itself, copied a piece at a time and not packed again."""
        digest = sha256()
        with self._archive.open(self._info(name, zipfile.ZIP_STORED), "w", force_zip64=True) as member:
            while piece := content.read(_PIECE):
                digest.update(piece)
                member.write(piece)
        self._written.files[name] = digest.hexdigest()

    def _info(self, name: str, how: int) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._time)
        info.compress_type, info.external_attr = how, 0o644 << 16
        return info


def _contents(printer: Printer, pack: Pack, written: Written) -> receipt.Paper:
    dispute, missing = pack.dispute, written.missing
    rows = [
        (say(N_("Investor")), f"{dispute.investor.name} · {dispute.investor.client_number}"),
        (say(N_("As of")), f"{_when(pack, dispute.moment)} ({pack.zone.key})"),
        (say(N_("From")), _when(pack, dispute.since) if dispute.since else say(N_("From the beginning"))),
        (say(N_("Up to")), _when(pack, dispute.before - datetime.resolution)),
        (say(N_("Report")), f"{dispute.report.name} ({dispute.report.id})" if dispute.report else say(N_("Every report"))),
        *(
            (
                f"{number} {say(title)}",
                say(N_("Missing: %(why)s"), why=say(missing[name])) if name in missing else _files(number, name),
            )
            for number, (name, title) in enumerate(TITLES.items(), 1)
        ),
    ]
    return printer.paper(say(_TITLE), rows, [say(_HOW)])


def _files(number: int, name: str) -> str:
    return "manifest.json, evidence.zip, gkverify.py" if name == VERIFICATION else f"{number}-{name}.pdf, {number}-{name}.json"


def _manifest(pack: Pack, written: Written) -> dict[str, Any]:
    dispute = pack.dispute
    return {
        "format": FORMAT,
        "about": {
            "investor": dispute.investor.id,
            "name": dispute.investor.name,
            "client_number": dispute.investor.client_number,
            "as_of": plain(dispute.moment),
            "from": plain(dispute.since),
            "before": plain(dispute.before),
            "report": dispute.report.id if dispute.report else None,
        },
        "parts": [
            {"number": number, "name": name, "title": say(title)}
            | ({"missing": say(written.missing[name])} if name in written.missing else {})
            for number, (name, title) in enumerate(TITLES.items(), 1)
        ],
        "files": written.files,
        "evidence": written.evidence,
        "made_by": pack.made_by,
        "made_at": plain(pack.made_at),
    }


def _when(pack: Pack, moment: datetime) -> str:
    return language.format_time(TAG, moment, pack.zone)


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
