"""Putting checkpoints where nobody here can change them, and reading back what stands there.

A place that cannot be reached is tried again, and delays no other. A place that contradicts the log is an alarm: signing halts.
"""

import logging
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from gatekeeper.files import anchor_file
from gatekeeper.language import SUPPORTED, translate
from gatekeeper.ledger import anchors, keys, seal, tree
from gatekeeper.ledger.acts import told
from gatekeeper.ledger.anchors import Anchored, AnchorKind, Known
from gatekeeper.rules.errors import N_, GatekeeperError, Unavailable
from gatekeeper.rules.note import BadNote, cosigned_at
from gatekeeper.settings import Settings, WitnessAddress
from gatekeeper.work import time_stamps
from gatekeeper.work.sending import smtp
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

EVERY = timedelta(0)
DAILY = timedelta(hours=24)

_LOG = logging.getLogger(__name__)
_PATIENCE = 10
_MAX_ANSWER = 64 * 1024
_UNREACHED = N_("%(target)s could not be reached: %(detail)s")
_STRANGE = N_("%(target)s gave an answer that cannot be used: %(detail)s")
_NOT_SIGNED = "it is not signed by the key that is set for this witness"
_NO_MAIL = N_("Set GATEKEEPER_SMTP_URL: checkpoints are to be sent by mail.")
_SUBJECT = N_("Checkpoint of the log %(log)s: %(size)s entries")
_KEEP = N_(
    "Please keep this mail. The lines below say how many entries the log had, and seal them: with them anybody can show later"
    " that nothing was removed or changed. They are checked with “gatekeeper ledger verify --known”, or with gkverify."
)
_FAILED = N_("The checkpoint could not be put everywhere: %(detail)s")


@dataclass(frozen=True, slots=True)
class Shown:
    """A checkpoint about to leave the house, and how to prove that it goes on from an older one."""

    log: tree.Log
    size: int
    note: str
    last: int
    prove: Callable[[int], list[bytes]]


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere outside: what it is, how often it is given a checkpoint, and how. ``put`` returns what was given for it."""

    kind: AnchorKind
    target: str
    every: timedelta
    put: Callable[[Shown], bytes | None]


def known(settings: Settings) -> list[Known]:
    """What the places that can be read hold now. The log is held against it before anything is signed."""
    path = settings.anchor_file
    return [] if path is None else [Known(AnchorKind.FILE, str(path), anchor_file.read(path))]


def places(office: Office) -> Iterator[Place]:
    """Every place outside that is set up."""
    settings = office.settings
    if path := settings.anchor_file:
        yield Place(AnchorKind.FILE, str(path), EVERY, partial(_to_file, path))
    for witness in settings.anchor_witnesses:
        yield Place(AnchorKind.WITNESS, witness.url, EVERY, partial(_to_witness, witness))
    if settings.anchor_tsa:
        yield Place(AnchorKind.TSA, settings.anchor_tsa, DAILY, partial(_to_time_stamp, settings))
    for address in settings.anchor_mail:
        yield Place(AnchorKind.MAIL, address, DAILY, partial(_to_mail, office, address))


def anchor(office: Office, *, at_once: bool = False) -> list[Anchored]:
    """Put the newest checkpoint everywhere it is due; raise ``Unavailable`` at the end if a place could not be reached."""
    failures, done = [], []
    for place in places(office):
        try:
            shown = _shown(office, place, at_once=at_once)
            if shown is not None:
                done.append(_put(office, place, shown))
        except seal.Halted as halted:
            office.database.transact(seal.raise_alarm, halted, office.now())
            failures.append(str(halted))
        except GatekeeperError as error:
            _LOG.warning("anchor.failed", extra={"kind": place.kind.value, "target": place.target, "error": str(error)})
            failures.append(str(error))
    if failures:
        raise Unavailable(_FAILED, detail=" ".join(failures))
    return done


def _shown(office: Office, place: Place, *, at_once: bool) -> Shown | None:
    """The newest checkpoint, if this place should get it now."""
    with office.database.reading() as connection:
        log = tree.log_of(connection)
        checkpoint = tree.latest_checkpoint(connection, log.id)
        if checkpoint is None:
            return None
        last = anchors.newest(connection, log.id, place.kind, place.target)
        if last is not None and (last.size >= checkpoint.size or not (at_once or last.at + place.every <= office.now())):
            return None
    return Shown(
        log, checkpoint.size, checkpoint.note, last.size if last else 0, lambda old: _proof(office, log, old, checkpoint.size)
    )


def _proof(office: Office, log: tree.Log, old: int, size: int) -> list[bytes]:
    with office.database.reading() as connection:
        return tree.consistency_proof(connection, log.id, old, size)


def _put(office: Office, place: Place, shown: Shown) -> Anchored:
    token = place.put(shown)
    done = Anchored(log_id=shown.log.id, size=shown.size, note=shown.note, kind=place.kind, target=place.target, token=token)
    office.database.transact(anchors.keep, done, office.now())
    return done


def _to_file(path: Path, shown: Shown) -> None:
    anchor_file.replace(path, anchor_file.read(path), shown.note)


def _to_time_stamp(settings: Settings, shown: Shown) -> bytes:
    request = time_stamps.request(shown.note)
    status, answer = _ask(settings.anchor_tsa, request.as_bytes(), "application/timestamp-query")
    if status != HTTPStatus.OK:
        raise Unavailable(_STRANGE, target=settings.anchor_tsa, detail=status)
    return time_stamps.checked(answer, request, shown.note, settings.anchor_tsa_certificates)


def _to_mail(office: Office, address: str, shown: Shown) -> None:
    settings, server = office.settings, office.settings.smtp_url
    if server is None:
        raise Unavailable(_NO_MAIL)
    subject = " / ".join(translate(tag, _SUBJECT, log=shown.log.origin, size=shown.size) for tag in SUPPORTED)
    words = "\n\n".join(translate(tag, _KEEP) for tag in SUPPORTED)
    name = f"checkpoint.{shown.size}.{secrets.token_hex(6)}"
    made = smtp.letter(settings, address, f"[{settings.firm}] {subject}", f"{words}\n\n{shown.note}", name, office.now())
    try:
        smtp.send(server, made)
    except smtp.FAILURES as error:
        raise Unavailable(_UNREACHED, target=address, detail=smtp.told(error)) from error


def _to_witness(witness: WitnessAddress, shown: Shown) -> bytes:
    """Ask for a signature; a witness that saw another size last says which, and is asked once more from there."""
    old = shown.last
    status, answer = _asked(witness, shown, old)
    if status == HTTPStatus.CONFLICT and (seen := _size(answer)) is not None:
        if seen > shown.size:
            raise seal.Halted(told.BY_WITNESS, target=witness.url, detail=f"{seen} > {shown.size}")
        status, answer = _asked(witness, shown, seen)
    if status in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
        raise seal.Halted(told.BY_WITNESS, target=witness.url, detail=answer.decode(errors="replace").strip()[:200])
    if status != HTTPStatus.OK:
        raise Unavailable(_STRANGE, target=witness.url, detail=status)
    return _cosignature(witness, shown.note, answer)


def _asked(witness: WitnessAddress, shown: Shown, old: int) -> tuple[int, bytes]:
    lines = [f"old {old}", *(b64encode(each).decode() for each in shown.prove(old))]
    body = "\n".join(lines) + "\n\n" + shown.note
    return _ask(f"{witness.url}/add-checkpoint", body.encode(), "text/plain; charset=utf-8")


def _size(answer: bytes) -> int | None:
    text = answer.decode(errors="replace").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _cosignature(witness: WitnessAddress, note: str, lines: bytes) -> bytes:
    try:
        signed = cosigned_at(note + lines.decode(), keys.parse_vkey(witness.vkey))
    except (BadNote, UnicodeDecodeError) as error:
        raise Unavailable(_STRANGE, target=witness.url, detail=error) from error
    if signed is None:
        raise Unavailable(_STRANGE, target=witness.url, detail=_NOT_SIGNED)
    return lines


def _ask(url: str, content: bytes, kind: str) -> tuple[int, bytes]:
    """Send something by POST; the status and the answer, of which no more is read than can be meant."""
    request = Request(url, data=content, headers={"Content-Type": kind}, method="POST")  # noqa: S310  (settings admit http(s) only)
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310  (the same)
            return answer.status, answer.read(_MAX_ANSWER)
    except HTTPError as error:
        with error:
            return error.code, error.read(_MAX_ANSWER)
    except (URLError, OSError, ValueError) as error:
        raise Unavailable(_UNREACHED, target=url, detail=error) from error


TASK = Task("anchor", timedelta(seconds=5), anchor)
