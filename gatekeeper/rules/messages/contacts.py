"""Who is named as an investor's contact at the firm: sales, who must not assess the very investor (Measures, Art. 29).

The contact is words that people type: a name, a login, a telephone number, or all of them. Who is found in them is the contact.
"""

import re
import unicodedata


def is_contact(contact: str, *, name: str, login: str) -> bool:
    """Whether this person is named in the words; a name that is part of another one counts, so that nobody slips through."""
    words = _plain(contact)
    named = _plain(name).replace(" ", "")
    by_login = re.search(rf"(?<![\w.@-]){re.escape(_plain(login))}(?![\w-])", words) if login.strip() else None
    return bool(named and named in words.replace(" ", "")) or by_login is not None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
