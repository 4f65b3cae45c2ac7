"""Canonical URLs: the key under which two links lead to one page; compares letters only and never asks the network.

The key is for comparing, not for following: scheme, `www.` and a trailing slash are made equal though a server may
treat them apart.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from aggregator.curation import tracking

_AMP_SUFFIX = re.compile(r"\.amp(?=$|\.html?$)")
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_PATH_RESERVED = re.compile(r"%(?:25|2F|3F|23|5B|5D|3B)", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[a-z]*")
_PLAIN = re.compile(r"[\w.~-]*", re.ASCII)  # most segments: written in one way only
_MAX_UNWRAPPED = 3
# A reserved letter that came escaped stays so; every other letter is written in one way, however it came.
_PATH_SAFE = "!$&'()*+,:;=@~%"


def canonical_url(url: str) -> str:
    """The key of the page that an http(s) URL leads to, or "" where there is none.

    There is no key for an empty or unreadable URL, another scheme, or the root of a site: feeds that have no page for
    each item link them all there. Equal keys are evidence, not proof; a link blog's comment shares its target's key.
    """
    return _canonical(url, _MAX_UNWRAPPED)


def site_of(url: str) -> str:
    """The host of an http(s) URL less `www.`, `m.` and the like, or "": which site an article stands on."""
    split = _split(url)
    return _host(split[0]) if split else ""


def _canonical(url: str, unwrap: int) -> str:
    split = _split(url)
    if split is None:
        return ""
    netloc, path, query, fragment = split
    host = _host(netloc)
    wrapped = _wrapped(host, path, query) if unwrap else ""
    if wrapped:
        return _canonical(wrapped, unwrap - 1) or _assemble(host, path, query, fragment)
    return _assemble(host, path, query, fragment)


def _split(url: str) -> tuple[str, str, str, str] | None:
    """Host with port, path, query and fragment of an http(s) URL; None for anything else."""
    try:
        parts = urlsplit(url.strip().encode("utf-8", "replace").decode("utf-8"))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not all(host.removesuffix(".").split(".")):
        return None
    shown_port = "" if port in {None, 80, 443} else f":{port}"
    return f"{host}{shown_port}", parts.path, parts.query, parts.fragment


@lru_cache(maxsize=4096)  # the items of a feed are on one site
def _host(netloc: str) -> str:
    host = netloc.removesuffix(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = unicodedata.normalize("NFKC", host)
    host = tracking.HOST_ALIASES.get(host, host)
    labels = host.split(".")
    while labels[0] in tracking.MIRROR_LABELS and _is_a_site(labels[1:]):
        labels = labels[1:]
    # Wikipedia puts the language first: en.m.wikipedia.org
    while len(labels) > 3 and labels[1] in {"m", "mobile"}:
        labels = [labels[0], *labels[2:]]
    host = ".".join(labels)
    return tracking.HOST_ALIASES.get(host, host)


def _is_a_site(labels: list[str]) -> bool:
    """Whether a host can stand on its own: `co.uk` and `dev` cannot."""
    return len(labels) > 2 or (len(labels) == 2 and not (len(labels[0]) <= 3 and len(labels[1]) == 2))


def _wrapped(host: str, path: str, query: str) -> str:
    """The URL that a redirector or an AMP cache carries in its own, or ""."""
    names = tracking.REDIRECTORS.get((host + path).rstrip("/"), ())
    if not names and host.startswith("google."):
        names = tracking.REDIRECTORS.get("google.com" + path, ())
    values = dict(parse_qsl(query)) if names else {}
    target = next((values[name] for name in names if name in values), "")
    if target:
        return target if "://" in target else f"https://{target}"
    for cache, markers in tracking.AMP_CACHES.items():
        if host == cache or host.endswith(f".{cache}"):
            return _uncached(path, markers, query)
    return ""


def _uncached(path: str, markers: tuple[str, ...], query: str) -> str:
    segments = path.strip("/").split("/")
    rest = list(segments)
    while rest and rest[0] in markers:
        rest.pop(0)
    if len(rest) == len(segments) or not rest or "." not in rest[0]:
        return ""
    return f"https://{'/'.join(rest)}" + (f"?{query}" if query else "")


def _assemble(host: str, path: str, query: str, fragment: str) -> str:
    host, path, query = _video(host, path, query)
    path = _path(path)
    query = _query(query, tracking.TELLING_NAMES.get(host + path))
    fragment = _fragment(fragment)
    if not (path or query or fragment):
        return ""
    return f"https://{host}{path or '/'}{query and '?' + query}{fragment and '#' + fragment}"


def _video(host: str, path: str, query: str) -> tuple[str, str, str]:
    """YouTube has five addresses for each video."""
    segments = path.strip("/").split("/")
    if host == "youtu.be" and segments[0]:
        return "youtube.com", "/watch", f"v={segments[0]}"
    if host == "youtube.com" and len(segments) == 2 and segments[0] in {"shorts", "embed", "live", "v"}:
        return host, "/watch", f"v={segments[1]}"
    return host, path, query


def _path(path: str) -> str:
    segments: list[str] = []
    for segment in _SESSION.sub("", path).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(_unquoted(segment))
    if segments and segments[-1].lower() in tracking.INDEX_FILES:
        segments.pop()
    if segments:
        segments[-1] = _AMP_SUFFIX.sub("", segments[-1])
    without_amp = [segment for segment in segments if segment.lower() != "amp"]
    return "".join(f"/{_quoted(segment, _PATH_SAFE)}" for segment in without_amp or segments)


def _unquoted(segment: str) -> str:
    if _PLAIN.fullmatch(segment):
        return segment
    kept = _PATH_RESERVED.sub(lambda escape: "%25" + escape.group()[1:].upper(), segment)
    return unicodedata.normalize("NFC", unquote(kept, errors="surrogateescape"))


def _query(query: str, telling: tuple[str, ...] | None) -> str:
    if not query:
        return ""
    # Feeds that escape twice leave `&amp;` behind.
    pairs = parse_qsl(query.replace("&amp;", "&"), keep_blank_values=True, errors="surrogateescape")
    if telling is not None:
        kept = [(name, value) for name, value in pairs if name in telling]
    else:
        kept = [(name, value) for name, value in pairs if not _tracks(name.lower(), value.lower())]
    return "&".join(_parameter(name, value) for name, value in sorted(kept, key=lambda pair: pair[0]) if name or value)


def _parameter(name: str, value: str) -> str:
    shown = [_quoted(unicodedata.normalize("NFC", text), "~:/,") for text in (name, value)]
    return "=".join(shown) if value else shown[0]


def _tracks(name: str, value: str) -> bool:
    if name in tracking.TRACKING_NAMES or name.startswith(tracking.TRACKING_PREFIXES):
        return True
    if name in tracking.WEAK_NAMES:
        return not value.isdigit()
    if name in tracking.FLAG_NAMES:
        return value in tracking.FLAG_VALUES
    return name in tracking.REFERRER_NAMES and _first_word(value) in tracking.REFERRER_WORDS


def _first_word(value: str) -> str:
    found = _FIRST_WORD.match(value)
    return found.group() if found else ""


def _fragment(fragment: str) -> str:
    """The fragment where it may name a part of the page: weblogs that are one page a day have items only there."""
    lower = fragment.lower()
    if lower in tracking.JUNK_FRAGMENTS or lower.startswith(tracking.JUNK_FRAGMENT_PREFIXES):
        return ""
    pairs = parse_qsl(lower, keep_blank_values=True)
    if "=" in lower and all(_tracks(name, value) for name, value in pairs):
        return ""
    return _quoted(_unquoted(fragment), _PATH_SAFE + "/?")


def _quoted(text: str, safe: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    # surrogateescape carries the bytes of a URL that was never UTF-8 through unchanged.
    return quote(text, safe=safe, errors="surrogateescape")
