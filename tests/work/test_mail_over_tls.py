"""Mail over STARTTLS and over TLS from the first byte, to a real server with a certificate made here. A password needs both."""

import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gatekeeper.rules.errors import Invalid
from gatekeeper.settings import Settings
from gatekeeper.work.sending import smtp
from tests.world import SECRET

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
PASSWORD = "p@ss:w/rd"
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not count TLS from the first byte


def certificate(folder, name, address):
    """A key and a certificate that it signed for itself, for one address."""
    key = generate_private_key(SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number())
    present = datetime.now(UTC)
    built = built.not_valid_before(present - timedelta(days=1)).not_valid_after(present + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False)
    path = folder / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + built.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    made = {"ours": "127.0.0.1", "stranger": "127.0.0.1", "misnamed": "127.0.0.9"}
    return {name: certificate(folder, name, address) for name, address in made.items()}


class Postman:
    def __init__(self):
        self.letters, self.tried = [], []

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        self.letters.append((session.ssl is not None, envelope.content))
        return "250 OK"

    def authenticate(self, _server, session, _envelope, _mechanism, given):
        self.tried.append((session.ssl is not None, given.password))
        return AuthResult(success=given.login == b"gate" and given.password == PASSWORD.encode(), handled=False)


class Listening(Controller):
    def _trigger_server(self):
        """Knock, without a handshake: the server's context makes no client."""
        socket.create_connection((self.hostname, self.port), 1).close()


@contextmanager
def serving(path, kind):
    """A mail server: ``starttls``, ``smtps``, or ``plain``, which offers no TLS."""
    context = None
    if kind != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    postman = Postman()
    tls = {"starttls": {"tls_context": context, "require_starttls": True}, "smtps": {"ssl_context": context}, "plain": {}}[kind]
    controller = Listening(
        postman,
        hostname="127.0.0.1",
        port=port,
        authenticator=postman.authenticate,
        auth_required=True,
        auth_require_tls=kind == "starttls",
        **tls,
    )
    controller.start()
    try:
        yield postman, port
    finally:
        controller.stop()


def settings(scheme, port, password="p%40ss%3Aw%2Frd", host="127.0.0.1", query=""):  # noqa: S107  (the same)
    given = {
        "DATABASE_URL": "sqlite:///unused",
        "SECRET_KEY": SECRET,
        "LOG_ORIGIN": "gatekeeper.example/test",
        "SMTP_URL": f"{scheme}://gate:{password}@{host}:{port}{query}",
        "MAIL_FROM": "gate@securities.example",
        "PUBLIC_URL": "https://research.example",
    }
    return Settings.from_env({f"GATEKEEPER_{name}": value for name, value in given.items()})


def send(made):
    smtp.send(made.smtp_url, smtp.letter(made, "a@securities.example", "待办", "两件", "x", NOW))


@pytest.mark.parametrize(("kind", "scheme"), [("starttls", "smtp"), ("smtps", "smtps")])
def test_mail_goes_out_over_tls_to_a_server_that_is_trusted(certificates, monkeypatch, kind, scheme):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["ours"]))
    with serving(certificates["ours"], kind) as (postman, port):
        send(settings(scheme, port))

    [(encrypted, _)] = postman.letters
    assert (encrypted or kind == "smtps", postman.tried[0][1]) == (True, PASSWORD.encode())


REFUSED = [
    ("starttls", "smtp", "stranger", "certificate is not trusted"),
    ("smtps", "smtps", "stranger", "certificate is not trusted"),
    ("starttls", "smtp", "misnamed", "certificate is not trusted"),
    ("smtps", "smtps", "misnamed", "certificate is not trusted"),
    ("plain", "smtp", "ours", "offers no STARTTLS"),
    ("plain", "smtps", "ours", "SSLError"),
]


@pytest.mark.parametrize(("kind", "scheme", "shown", "why"), REFUSED)
def test_neither_password_nor_letter_goes_where_tls_does_not_hold(certificates, monkeypatch, kind, scheme, shown, why):
    trusted = "misnamed" if shown == "misnamed" else "ours"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates[trusted]))
    with serving(certificates[shown], kind) as (postman, port), pytest.raises(smtp.FAILURES) as raised:
        send(settings(scheme, port))

    assert (postman.tried, postman.letters) == ([], [])
    assert why in smtp.told(raised.value)


def test_a_wrong_password_is_refused_and_said_without_it(certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["ours"]))
    with serving(certificates["ours"], "starttls") as (postman, port), pytest.raises(smtp.FAILURES) as raised:
        send(settings("smtp", port, "wrong-one"))

    said = smtp.told(raised.value)
    assert "does not accept the name or password" in said
    assert "535" in said
    assert "wrong-one" not in said
    assert postman.letters == []
    assert {encrypted for encrypted, _ in postman.tried} == {True}


def test_no_setting_sends_a_password_in_plain_text_to_another_host():
    with pytest.raises(Invalid, match="unencrypted"):
        settings("smtp", 25, host="mail.example", query="?starttls=no")
    assert settings("smtp", 587, host="mail.example").smtp_url.starttls
