"""What people type into forms and commands: present, not too long, and printable."""

import unicodedata

from gatekeeper.rules.errors import N_, Fault

LIMITS = {
    "analysts": 1000,
    "branch": 100,
    "capacity": 40,
    "client_number": 40,
    "contact": 100,
    "evidence": 200,
    "ground": 100,
    "industry": 60,
    "issuer": 200,
    "login": 80,
    "name": 100,
    "note": 2000,
    "purpose": 500,
    "reason": 2000,
    "report_kind": 60,
    "title": 300,
}
"""The most characters that a text of each name may have."""

_LINES = frozenset({"analysts", "note", "reason"})
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def faults_of(**texts: str) -> list[Fault]:
    """What is wrong with texts that must be there."""
    missing = [Fault(N_("Please fill in this field."), field=field) for field, text in texts.items() if not text.strip()]
    return missing + faults_of_optional(**texts)


def faults_of_optional(**texts: str) -> list[Fault]:
    """What is wrong with texts that may be empty."""
    return [fault for field, text in texts.items() for fault in faults_of_text(field, text, LIMITS[field])]


def faults_of_text(field: str, text: str, most: int) -> list[Fault]:
    """What is wrong with a text that may be empty and has at most so many characters."""
    allowed = "\n\r\t" if field in _LINES else ""
    if len(text) > most:
        return [Fault(N_("At most %(most)s characters fit here."), field=field, most=most)]
    if any(unicodedata.category(each) in _UNPRINTABLE and each not in allowed for each in text):
        return [Fault(N_("This text has characters that cannot be printed."), field=field)]
    return []


def tidy(text: str) -> str:
    """A text with one kind of line ends, and one after the last line; nothing where there is nothing but space."""
    tidied = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return f"{tidied}\n" if tidied.strip() else ""


def faults_of_login(login: str) -> list[Fault]:
    """What is wrong with a login name."""
    if any(each.isspace() for each in login.strip()):
        return [Fault(N_("A login name has no spaces."), field="login")]
    return faults_of(login=login)
