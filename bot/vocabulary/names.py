"""The name of an organisation inside what its founder types: "je veux inscrire l'association Al Amal", "سميتها تضامن"."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"[«\"“„]\s*([^«»\"“”„]{2,80}?)\s*[»\"”]")
_CALLED = re.compile(
    r"(?:s['’ ]?app?ell?e|nomm[ée]+|du nom de|(?:son|le) nom(?: c['’]?)? ?est|sm[iy]+[yt]+h?a|"
    r"سميتها|سميتو|إسمها|اسمها|تسمى|تدعى|كتسمى)"
    r"\s*:?\s+([^\W\d_][^,;.!?\n،؛؟]{1,79})",
    re.IGNORECASE,
)
# After the word for its kind, a name in Latin letters is known by its capitals, one in Arabic by its article.
_LATIN_KIND = r"[Aa]ssociation|[Cc]oop[ée]rative|[Ff]ondation|[Cc]lub|[Cc]ollectif|[Jj]am3iy?at?|[Tt]a3a?wniy?at?"
_AFTER_LATIN_KIND = re.compile(
    rf"\b((?:{_LATIN_KIND})(?:\s+(?:[A-ZÀ-Ý][\w'’-]*|(?:des|de|du|la|les|pour|et|d['’])"
    rf"(?=\s+[A-ZÀ-Ý]))){{1,6}})"
)
_AFTER_ARABIC_KIND = re.compile(r"(?<!\w)((?:جمعية|تعاونية|مؤسسة|نادي)(?:\s+(?:و?ال|لل)\w+){1,4})")
# Where the name ends and a place or a time begins.
_END = re.compile(
    r"\s+(?:à|a|au|dans|sur|et|qui|pour le|f|fi|b|o|w|li|lli|في|ف|و|اللي|لي)(?:\s.*|$)|\s+و(?!ال)\w+.*$|\s+ف(?:ي|ال)?\w+$", re.IGNORECASE
)
_LENGTH = (2, 80)


def organisation_name(text: str) -> str | None:
    """The name that a text gives, as typed; None where it gives none. A sentence that only says "my association" names nothing."""
    for pattern in (_QUOTED, _CALLED, _AFTER_LATIN_KIND, _AFTER_ARABIC_KIND):
        if found := pattern.search(text):
            name = found.group(1)
            if pattern is _CALLED:
                name = _END.sub("", name)
            name = " ".join(name.split()).strip(" -–:")
            if _LENGTH[0] <= len(name) <= _LENGTH[1]:
                return name[0].upper() + name[1:]
    return None
