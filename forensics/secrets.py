"""Passwords in addresses: cut out before an address is stored or shown."""

import re

__all__ = ["without_secrets"]

# A password may hold any character, unencoded, so it reaches to the last "@" of the word: rather too much than a part.
_PASSWORD = re.compile(r"([a-z][a-z0-9+.-]*://[^/?#:@\s]*):(?!\d+(?:/|\Z))\S*@", re.IGNORECASE)
_DATABASE_PASSWORD = re.compile(r"((?:mysql|mariadb|postgres(?:ql)?|grpcs?)://[^/?#:@\s]*):\S*@", re.IGNORECASE)
_TOKEN = re.compile(r"(https?://)[^/?#@\s]+@", re.IGNORECASE)
_OPTION = re.compile(r"([?&;](?:\w*password|passwd|pwd|\w*token)=)[^&;#\s]*", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Cuts the passwords out of all addresses in a text: ``mysql://reader:secret@host/db`` → ``mysql://reader@host/db``.

    The user name stays, but for ``http`` and ``https``, where it may itself be a token.
    """
    if "://" not in text:
        return text
    text = _DATABASE_PASSWORD.sub(r"\1@", text)
    text = _PASSWORD.sub(r"\1@", text)
    text = _TOKEN.sub(r"\1", text)
    return _OPTION.sub(r"\1", text)
