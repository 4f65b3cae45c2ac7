"""The shape of feeds.toml, table by table, for pydantic: which keys there are and what each may hold.

Names that must exist elsewhere in the file, and rules, are checked in `resolve`.
"""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

from aggregator.config.problems import suggestion
from aggregator.config.units import duration, networks, size

FLOOR = timedelta(minutes=15)
# What nearly all addresses look like: they need not be taken apart, a tenth of the time for 100,000 sources.
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?(?:/[!-Z^-~]*)?")


def _duration_of_polls(value: object) -> timedelta:
    found = duration(value)
    if found < FLOOR:
        raise ValueError(f"{value!r} is too often; publishers ban pollers that come more than every 15m")
    return found


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError('must be longer than nothing, such as "30s"')
    return value


def _keep(value: object) -> timedelta | None:
    return None if value == "forever" else _positive(duration(value))


def _positive_size(value: object) -> int:
    found = size(value)
    if not found:
        raise ValueError('must be more than nothing, such as "10MB"')
    return found


def _web_address(value: str) -> str:
    if _PLAIN_ADDRESS.fullmatch(value):
        return value
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s\\\x00-\x1f]", value):
        raise ValueError(f'{value!r} is no web address; write it whole, such as "https://example.org/feed.xml"')
    return value


def _contact(value: str) -> str:
    if value and not value.startswith("mailto:") and "@" not in value:
        return _web_address(value)
    return value


def _optional_web_address(value: str) -> str:
    return value and _web_address(value)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", value):
        raise ValueError(f'{value!r} is no language; write a tag such as "en" or "pt-BR"')
    return value


def _cluster(value: str) -> str:
    if value and not re.fullmatch(r"(tcp|tls)://[^\s/]+:\d+|local:[1-9]\d?", value):
        raise ValueError(f'{value!r} is no cluster; write "tcp://scheduler:8786" or "local:4"')
    return value


def _places(value: list[str]) -> list[str]:
    known = ("title", "summary", "content", "categories", "author", "source", "url")
    wrong = [name for name in value if name not in known]
    if wrong or not value:
        raise ValueError(
            f"{', '.join(map(repr, wrong)) or 'nothing'} cannot be looked in; choose from {', '.join(known)}"
        )
    return value


Text = Annotated[StrictStr, AfterValidator(_not_blank)]
WebAddress = Annotated[StrictStr, AfterValidator(_web_address)]
Language = Annotated[StrictStr, AfterValidator(_language)]
Duration = Annotated[timedelta, BeforeValidator(duration), AfterValidator(_positive)]
Interval = Annotated[timedelta, BeforeValidator(_duration_of_polls)]
Size = Annotated[int, BeforeValidator(_positive_size)]
Share = Literal["full", "summary", "link"]
Words = list[StrictStr]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SiteTable(_Table):
    """`[site]`."""

    title: Text
    base_url: WebAddress
    contact: Annotated[StrictStr, AfterValidator(_contact)] = ""
    language: Language = "en"
    output: Text = "public"
    database: Text = "aggregator.db"
    hub: Annotated[StrictStr, AfterValidator(_optional_web_address)] = ""


class PollingTable(_Table):
    """`[polling]`."""

    every: Interval = timedelta(hours=1)
    timeout: Duration = timedelta(seconds=30)
    max_bytes: Size = 10_000_000
    concurrency: Annotated[StrictInt, Field(ge=1, le=10_000)] = 64
    host_delay: Annotated[timedelta, BeforeValidator(duration)] = timedelta(seconds=1)
    allow_private_addresses: Annotated[bool | tuple[IPv4Network | IPv6Network, ...], BeforeValidator(networks)] = False
    keep: Annotated[timedelta | None, BeforeValidator(_keep)] = None
    cluster: Annotated[StrictStr, AfterValidator(_cluster)] = ""


class SourceTable(_Table):
    """`[sources.NAME]`; what is None is inherited from `[polling]`."""

    url: WebAddress | None = None
    path: Text | None = None
    title: StrictStr = ""
    every: StrictStr | None = None  # read in `resolve`: files have no floor
    timeout: Duration | None = None
    max_bytes: Size | None = None
    tags: Words = Field(default_factory=list)
    topics: Words = Field(default_factory=list)
    priority: StrictInt = 0
    content: Share = "full"
    full_text: StrictBool = False
    dedupe: StrictBool = True
    enabled: StrictBool = True
    keep: Annotated[timedelta | None, BeforeValidator(_keep)] = None


class TopicTable(_Table):
    """`[topics.NAME]`."""

    title: Text
    description: StrictStr = ""
    any: Words = Field(default_factory=list)
    all: Words = Field(default_factory=list)
    none: Words = Field(default_factory=list)
    match: StrictStr = ""
    in_: Annotated[Words, AfterValidator(_places), Field(alias="in")] = ["title", "summary", "content", "categories"]
    sources: Words = Field(default_factory=list)
    languages: list[Language] = Field(default_factory=list)
    limit: Annotated[StrictInt, Field(ge=1, le=10_000)] = 100
    max_per_source: Annotated[StrictInt, Field(ge=0)] = 0
    max_age: Duration | None = None
    content: Share = "full"
    duplicates: Literal["fold", "show"] = "fold"
    stories: Literal["none", "group"] = "none"
    archive: StrictBool = True
    renamed_from: Words = Field(default_factory=list)


_MESSAGES = {
    "missing": "is required",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "list_type": 'must be a list, such as ["one", "two"]',
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}


def explain(error: ValidationError, model: type[BaseModel]) -> list[tuple[tuple[str, ...], str]]:
    """Return (key path in the table, what is wrong and what would be right) for each fault."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    return [_explain(found["loc"], found["type"], found.get("ctx", {}), known) for found in error.errors()]


def _explain(
    place: tuple[int | str, ...], kind: str, details: dict[str, object], known: list[str]
) -> tuple[tuple[str, ...], str]:
    key = (str(place[0]),)
    entry = next((f"entry {part + 1} " for part in place[1:] if isinstance(part, int)), "")
    if kind == "extra_forbidden":
        return key, f"there is no such key{suggestion(key[0], known)}"
    if kind == "value_error":
        return key, f"{entry}{details['error']}"
    return key, entry + _MESSAGES.get(kind, kind.replace("_", " ")).format(**details)
