"""Ask a Gatekeeper from another program: may this person read, bookmark, receive or use this report now?

One file, Python 3.11 or later, the standard library only; it may be copied out of the package.

    with Gatekeeper("https://research.example", token) as gatekeeper:
        answer = gatekeeper.may("6010000017", "receive", report)
        if answer:
            send(answer.obligations)
        else:
            explain(answer.told)

**An error is never a permit.** An ``Answer`` is true only where the server said ``"decision": true`` in an answer that is whole
and belongs to the question. Whatever else happens raises ``NoAnswer``, and whoever catches it gives nothing out:

* ``RequestRefused``: the server does not answer this caller or this question (HTTP 4xx); asking again changes nothing.
* ``GatekeeperUnavailable``: there is no answer now, be it for the network, the server, the time, or an answer not to be trusted.

Obligations go with a permit: whoever cannot fulfil one treats the permit as a refusal.

Every call may be repeated without harm. It is, within ``patience``, where an idle connection turns out to be closed, and where
the server says with 429 or 503 when to come again. Redirections are not followed, since the token would go with them.
"""

import ipaddress
import json
import os
import re
import secrets
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from socket import socket
from threading import Lock
from time import monotonic, sleep
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import quote, urlsplit

MOST_BYTES = 16 * 1024 * 1024
"""An answer that is longer is not read."""
MOST_AT_ONCE = 100
"""Questions in one request; more are sent in several, so that an account with a small limit can ask them too."""
_BREATH = 0.5
_PLAIN = re.compile(r"[!-~]+")
_FINAL = range(400, 500)
_NOT_NOW = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class NoAnswer(Exception):
    """There is no answer, and so no permit. ``problem`` is what the server said about it (RFC 9457), if it said anything."""

    def __init__(self, message: str, *, status: int | None = None, request_id: str = "", problem: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id
        self.problem: Mapping[str, Any] = problem if isinstance(problem, dict) else {}


class RequestRefused(NoAnswer):
    """The server does not answer this caller or this question."""


class GatekeeperUnavailable(NoAnswer):
    """There is no answer now."""


class Denied(Exception):
    """What ``require`` raises for a refusal: ``answer`` says why."""

    def __init__(self, answer: "Answer") -> None:
        super().__init__(", ".join(answer.reasons) or "denied")
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. ``subject`` is a client number or a login name, ``resource`` a report.

    ``investor`` (a client number) and ``login`` say who is meant where a subject alone does not: a person who acts for several
    investors, an investor for whom several persons act. ``initiative`` is ``pull`` where the investor asked for it, ``push``
    where the firm sends. ``approval`` is the id of a task by which people answered; it permits nothing, but stands on record.
    """

    subject: str
    action: str
    resource: str
    initiative: str | None = None
    investor: str | None = None
    login: str | None = None
    approval: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The question as AuthZEN writes it."""
        moved = {"initiative": self.initiative} if self.initiative else {}
        context = {**self.context, **moved, **({"approval": {"id": self.approval}} if self.approval else {})}
        return {**self.parts(), **({"context": context} if context else {})}

    def parts(self) -> dict[str, Any]:
        """Who wants to do what with which report."""
        return {
            "subject": _user(self.subject, self.investor, self.login),
            "action": {"name": self.action},
            "resource": {"type": "report", "id": self.resource},
        }


@dataclass(frozen=True, slots=True)
class Task:
    """What people were asked to look at: ``status`` is ``pending``, ``approved``, ``declined`` or ``lapsed``.

    Approved says that what stood against it is gone from the file. It permits nothing: ask the question again.
    """

    id: str
    status: str
    due_at: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whom a search found, with what tells them apart where the name alone does not."""

    id: str
    investor: str | None = None
    login: str | None = None


@dataclass(frozen=True, slots=True)
class Obligation:
    """What goes with the answer, such as a watermark to print or words to be accepted first."""

    id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision, true where it permits. ``context`` is all that came with it.

    ``decision_id`` is the code of its entry in the ledger; of many questions asked at once, the codes of all their entries.

    ``reasons`` are codes that never change their meaning, the first being the primary one; ``told`` says the same in sentences,
    by language (``zh-CN``, ``en``). Both are empty for an account that is not told the grounds.
    """

    decision: bool
    reasons: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    obligations: tuple[Obligation, ...] = ()
    decision_id: str | None = None
    request_id: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.decision is True

    @property
    def can_be_looked_at(self) -> bool:
        """Whether people can be asked to look at this refusal (``request_access``)."""
        return not self and isinstance(self.context.get("access_request"), dict)

    @property
    def error(self) -> str | None:
        """Why a question among many could not be judged. Its answer is a refusal."""
        error = self.context.get("error")
        return str(error.get("message", "error")) if isinstance(error, dict) else None


class Gatekeeper:
    """A server that answers, and the token to ask it with. Threads may share one; connections are kept and used again.

    ``timeout`` bounds each request as a whole, ``patience`` how long one call may wait for the server to be ready; both in
    seconds. ``language`` is that of the server's messages about requests. ``tls`` takes the place of the system's authorities.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = 5.0,
        patience: float = 10.0,
        language: str = "zh",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not _PLAIN.fullmatch(token):
            raise ValueError("the token is empty or holds what no token holds")
        self.base_url = base_url.rstrip("/")
        self._path, self._connect = _server(self.base_url, tls)
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Language": language}
        self._timeout, self._patience = timeout, patience
        self._idle: list[tuple[int, HTTPConnection]] = []
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Gatekeeper({self.base_url!r}, token=…)"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections. Calls that come after open new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _pid, connection in idle:
            connection.close()

    def may(
        self, subject: str, action: str, resource: str, *, initiative: str | None = None, request_id: str | None = None
    ) -> Answer:
        """Ask one question in short; ``ask`` takes all that a question can hold."""
        return self.ask(Question(subject=subject, action=action, resource=resource, initiative=initiative), request_id=request_id)

    def require(
        self, subject: str, action: str, resource: str, *, initiative: str | None = None, request_id: str | None = None
    ) -> Answer:
        """Ask, and raise ``Denied`` unless it is permitted."""
        answer = self.may(subject, action, resource, initiative=initiative, request_id=request_id)
        if not answer:
            raise Denied(answer)
        return answer

    def ask(self, question: Question, *, request_id: str | None = None) -> Answer:
        """Ask one question."""
        reply = self._post("/access/v1/evaluation", question.body(), request_id)
        return _answer(reply.body, reply, reply.headers.get("X-Decision-Id"))

    def evaluate_many(
        self, questions: Iterable[Question], *, semantic: str = "execute_all", request_id: str | None = None
    ) -> list[Answer]:
        """Ask many at once; the answers come in the order of the questions.

        With ``deny_on_first_deny`` and ``permit_on_first_permit`` the answers end after the first of that kind.
        """
        asked = [question.body() for question in questions]
        last = {"deny_on_first_deny": False, "permit_on_first_permit": True}.get(semantic)
        answers: list[Answer] = []
        for start in range(0, len(asked), MOST_AT_ONCE):
            part = asked[start : start + MOST_AT_ONCE]
            body = {"evaluations": part, "options": {"evaluations_semantic": semantic}}
            reply = self._post("/access/v1/evaluations", body, request_id)
            given = reply.member("evaluations", list)
            answers += [_answer(each, reply, reply.headers.get("X-Decision-Id")) for each in given]
            if given and len(given) <= len(part) and answers[-1].decision is last:
                break
            if len(given) != len(part):
                reply.refuse("it holds another number of answers than there were questions")
        return answers

    def search_subjects(
        self, action: str, resource: str, *, initiative: str | None = None, limit: int = 0
    ) -> Iterator["Subject"]:
        """Who may have a report: everybody for whom the answer is yes, page by page as they are taken."""
        body = {"subject": {"type": "user"}, "action": {"name": action}, "resource": {"type": "report", "id": resource}}
        for found, properties in self._pages("subject", "id", body, initiative, limit):
            yield Subject(found, properties.get("investor"), properties.get("login"))

    def search_reports(self, subject: str, action: str, *, initiative: str | None = None, limit: int = 0) -> Iterator[str]:
        """The reports that somebody may have, page by page as they are taken."""
        body = {"subject": _user(subject), "action": {"name": action}, "resource": {"type": "report"}}
        return (found for found, _ in self._pages("resource", "id", body, initiative, limit))

    def search_actions(self, subject: str, resource: str, *, initiative: str | None = None) -> Iterator[str]:
        """What somebody may do with a report."""
        body = {"subject": _user(subject), "resource": {"type": "report", "id": resource}}
        return (found for found, _ in self._pages("action", "name", body, initiative, 0))

    def request_access(self, question: Question, refusal: Answer, justification: str = "", *, key: str | None = None) -> Task:
        """Ask people to look at a refusal that offers it. Under the same ``key`` the same request is made once, for a day."""
        if not refusal.can_be_looked_at:
            raise ValueError("this answer offers nobody who would look at it")
        offer = refusal.context["access_request"]
        denial = {"evaluation_id": refusal.context.get("evaluation_id"), "binding_token": offer.get("binding_token")}
        body = {**question.parts(), "denial": denial, **({"justification": justification} if justification else {})}
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        return _task(self._post("/access/v1/requests", body, None, headers, HTTPStatus.ACCEPTED))

    def task(self, id_: str) -> Task:
        """Where a request stands."""
        return _task(self._send("GET", f"{self._path}/access/v1/requests/{quote(id_, safe='')}", None, {}))

    def metadata(self) -> Mapping[str, Any]:
        """What the server says of itself. One that calls itself by another address is not the one that was meant."""
        reply = self._send("GET", "/.well-known/authzen-configuration" + self._path, None, {})
        if reply.member("policy_decision_point", str) != self.base_url:
            reply.refuse("the server calls itself by another address")
        return reply.body

    def _pages(
        self, kind: str, name: str, body: dict[str, Any], initiative: str | None, limit: int
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The name of each result and its properties."""
        if initiative:
            body["context"] = {"initiative": initiative}
        page: dict[str, Any] = {"limit": limit} if limit else {}
        seen = {""}
        while True:
            reply = self._post(f"/access/v1/search/{kind}", {**body, **({"page": page} if page else {})}, None)
            for each in reply.member("results", list):
                if not isinstance(each, dict) or not isinstance(each.get(name), str):
                    reply.refuse("it holds a result without a name")
                yield each[name], each.get("properties", {})
            token = str((reply.body.get("page") or {}).get("next_token", ""))
            if not token:
                return
            if token in seen:
                reply.refuse("its pages lead back to where they began")
            seen.add(token)
            page = {**page, "token": token}

    def _post(
        self,
        path: str,
        body: Mapping[str, Any],
        request_id: str | None,
        more: Mapping[str, str] | None = None,
        good: HTTPStatus = HTTPStatus.OK,
    ) -> "_Reply":
        named = {"X-Request-ID": request_id} if request_id else {}
        headers = {"Content-Type": "application/json", **named, **(more or {})}
        return self._send("POST", self._path + path, json.dumps(body, allow_nan=False).encode(), headers, good)

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], good: HTTPStatus = HTTPStatus.OK
    ) -> "_Reply":
        """Send until there is an answer, or until waiting any longer would take more than ``patience``."""
        sent = {"X-Request-ID": secrets.token_hex(16), **self._headers, **headers}
        if not all(_PLAIN.fullmatch(sent[name]) for name in ("X-Request-ID", "Idempotency-Key") if name in sent):
            raise ValueError("a request id and a key are made of visible ASCII characters")
        end = monotonic() + self._patience
        while True:
            try:
                reply = self._once(method, path, body, sent)
            except (OSError, HTTPException) as error:
                said = f"no answer that can be used: {type(error).__name__}"
                raise GatekeeperUnavailable(said, request_id=sent["X-Request-ID"]) from error
            wait = reply.wait()
            if wait is None or monotonic() + wait > end:
                return reply.checked(good)
            sleep(wait)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> "_Reply":
        """Send over a connection that is there already; if it has been closed meanwhile, over a new one."""
        while (idle := self._taken()) is not None:
            with suppress(ConnectionError):
                return self._over(idle, method, path, body, headers)
        return self._over(self._connect(timeout=self._timeout), method, path, body, headers)

    def _over(self, connection: HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> "_Reply":
        end = monotonic() + self._timeout
        try:
            if connection.sock is not None:
                connection.sock.settimeout(self._timeout)
            connection.response_class = partial(_response, end)  # type: ignore[assignment]  # it is called as the class would be
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            reply = _Reply(response.status, response.headers, _content(response), headers["X-Request-ID"])
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append((os.getpid(), connection))
        return reply

    def _taken(self) -> HTTPConnection | None:
        """A connection that nobody uses; one that was made before this process was forked is its parent's."""
        with self._lock:
            while self._idle:
                pid, connection = self._idle.pop()
                if pid == os.getpid():
                    return connection
                connection.close()
        return None


class _Reply:
    """What came back, and whether it may be believed."""

    def __init__(self, status: int, headers: Message, content: bytes, request_id: str) -> None:
        self.status, self.headers, self.request_id = status, headers, request_id
        self._content = content
        self.body: dict[str, Any] = {}

    def checked(self, good: HTTPStatus) -> Self:
        """This, if it is an answer to what was asked, with the status that such an answer has."""
        try:
            body = json.loads(self._content, object_pairs_hook=_members, parse_constant=_no_number)
        except (ValueError, RecursionError):
            body = None
        if self.status != good:
            self._raise(body)
        if not isinstance(body, dict) or self.headers.get_content_type() != "application/json":
            self.refuse("it is not a JSON object")
        if self.headers.get("X-Request-ID") != self.request_id:
            self.refuse("it belongs to another request")
        self.body = body
        return self

    def wait(self) -> float | None:
        """Seconds after which to come again; None if this is the answer."""
        if self.status not in _NOT_NOW:
            return None
        said = self.headers.get("Retry-After", "").strip()
        if re.fullmatch("[0-9]{1,6}", said):
            return float(said)
        try:
            when = parsedate_to_datetime(said)
        except ValueError:
            return _BREATH
        return max((when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)

    def member(self, name: str, kind: type[Any]) -> Any:
        """A member of the body, if it is what it should be."""
        value = self.body.get(name)
        return value if isinstance(value, kind) else self.refuse(f"its member {name} is missing or not what it should be")

    def refuse(self, why: str) -> NoReturn:
        """Say that this is no answer."""
        raise GatekeeperUnavailable(f"the answer cannot be used: {why}", status=self.status, request_id=self.request_id)

    def _raise(self, problem: Any) -> NoReturn:
        told = problem if isinstance(problem, dict) else {}
        said = f"HTTP {self.status}: {told.get('detail') or told.get('title') or 'no reason given'}"
        kind = RequestRefused if self.status in _FINAL and self.status not in _NOT_NOW else GatekeeperUnavailable
        raise kind(said, status=self.status, request_id=self.request_id, problem=problem)


class _Line(RawIOBase):
    """A connection as it is read: so much of it, and until then; a server that sends a byte now and then would never time out."""

    def __init__(self, line: socket, end: float) -> None:
        self._line, self._end, self._left = line, end, MOST_BYTES
        self._file = line.makefile("rb", buffering=0)

    def makefile(self, _mode: str) -> BufferedReader:
        """What http.client asks a socket for."""
        return BufferedReader(self)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there."""
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        self._line.settimeout(left)
        read = self._file.readinto(buffer)
        self._left -= read or 0
        if self._left < 0:
            raise HTTPException("longer than any answer")
        return read

    def close(self) -> None:
        """Let go of the connection, which is closed by whoever holds it last."""
        self._file.close()
        super().close()


def _content(response: HTTPResponse) -> bytes:
    if (response.length or 0) > MOST_BYTES:  # http.client would make room for all of it first
        raise HTTPException("longer than any answer")
    return response.read()


def _response(end: float, line: socket, *args: Any, **how: Any) -> HTTPResponse:
    return HTTPResponse(_Line(line, end), *args, **how)  # type: ignore[arg-type]  # of a socket it wants makefile() alone


def _answer(given: Any, reply: _Reply, decision_id: str | None) -> Answer:
    if not isinstance(given, dict) or not isinstance(given.get("decision"), bool):
        reply.refuse("it holds no decision")
    context = given.get("context", {})
    if not isinstance(context, dict):
        reply.refuse("its context is not an object")
    reasons = _listed(context, "reasons", str, reply)
    told = context.get("reason_user", {})
    obligations = tuple(
        Obligation(str(each.get("id")), str(each.get("type")), each.get("properties", {}))
        for each in _listed(context, "obligations", dict, reply)
    )
    return Answer(
        given["decision"], reasons, told if isinstance(told, dict) else {}, obligations, decision_id, reply.request_id, context
    )


def _task(reply: _Reply) -> Task:
    told = reply.member("task", dict)
    return Task(*(str(told.get(name, "")) for name in ("id", "status", "due_at", "expires_at")))


def _listed(context: Mapping[str, Any], name: str, kind: type[Any], reply: _Reply) -> tuple[Any, ...]:
    listed = context.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(each, kind) for each in listed):
        reply.refuse(f"its {name} are not a list of what they should be")
    return tuple(listed)


def _user(name: str, investor: str | None = None, login: str | None = None) -> dict[str, Any]:
    properties = {key: value for key, value in (("investor", investor), ("login", login)) if value is not None}
    return {"type": "user", "id": name, **({"properties": properties} if properties else {})}


def _members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a member stands twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _server(base_url: str, tls: ssl.SSLContext | None) -> tuple[str, partial[HTTPConnection]]:
    """The path under which a server answers, and how it is reached."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.username or parts.password or parts.query or parts.fragment or not host:
        raise ValueError("the address of a server is https://HOST, maybe with a port and a path, and nothing else")
    if parts.scheme == "https":
        return parts.path, partial(HTTPSConnection, host, parts.port, context=tls or ssl.create_default_context())
    if parts.scheme == "http" and _is_this_machine(host):
        return parts.path, partial(HTTPConnection, host, parts.port)
    raise ValueError("the token goes over https only, or over http to this machine itself")


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
