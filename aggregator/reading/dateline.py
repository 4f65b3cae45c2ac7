"""Absolute dates in a line of text, in many languages. A relative day, or one without a year, is none."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

from aggregator.reading.phrases import MONTHS, UPDATED, fold

_LONGEST_LINE = 300
_YEAR = r"(?P<y>(?:19|20)\d\d)"
_DAY = r"(?P<d>[0-3]?\d)"
_MONTH_NAME = r"(?P<name>[^\W\d_][^\s\d_.,;:()|/-]{2,11})\.?"  # Devanagari's vowel signs are no letters to `re`
# The order is that of how little doubt a form leaves. A slash date is read only where one number cannot be a month.
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_YEAR}-(?P<m>[01]?\d)-{_DAY}(?!\d)",
        rf"(?<!\d){_YEAR}\s?[年년]\s?(?P<m>[01]?\d)\s?[月월]\s?{_DAY}\s?[日일]",
        rf"(?<!\d){_YEAR}[./](?P<m>[01]?\d)[./]{_DAY}(?!\d)",
        rf"(?<!\d){_DAY}(?:st|nd|rd|th|er|º|\.)?,?\s+(?:de\s+|of\s+)?{_MONTH_NAME},?\s+(?:de\s+|del\s+)?{_YEAR}(?!\d)",
        rf"(?<!\w){_MONTH_NAME}\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}(?!\d)",
        rf"(?<!\d){_DAY}\.(?P<m>[01]?\d)\.{_YEAR}(?!\d)",
        rf"(?<!\d)(?P<a>[0-3]?\d)[/-](?P<b>[0-3]?\d)[/-]{_YEAR}(?!\d)",
    )
)
_TIME = re.compile(
    r"(?<![\d:.])(?P<h>[0-2]?\d)[:.h](?P<min>[0-5]\d)(?:[:.](?P<s>[0-5]\d)(?:\.\d+)?)?\s?(?P<half>[ap]\.?m\b\.?)?"
    r"(?:\s?(?:uhr|hrs)\b)?,?\s?(?P<zone>z\b|(?:utc|gmt)?\s?[+-]\d\d?:?(?:\d\d)?\b|[^\W\d_]{3,4}\b)?",
    re.IGNORECASE,
)
# What may stand between a day and its hour: "- 07:29", "um 12:05", "à 10h05", "T20:51".
_LEAD = re.compile(
    r"[\s,\-–—|·•(]*(?:(?:at|um|à|às|a las|alle(?: ore)?|ore|om|kl|godz|klo|[otвов])\b[\s.:]*|t(?=\d))?", re.IGNORECASE
)
_WEEKDAY = 12  # characters that may stand between an hour and the day after it: ", Wednesday, "
# Abbreviations that mean one offset wherever they are written; IST, which means three, is none of them.
_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2, "eest": 3,
    "msk": 3, "мск": 3, "jst": 9, "kst": 9, "aest": 10, "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dated:
    """A date found in a line: the moment in UTC, where in the line it stands, and whether it is that of a change."""

    when: datetime
    start: int
    end: int
    update: bool = False


def dates_in(line: str) -> list[Dated]:
    """Every absolute date of the line, in order; a date alone is midnight UTC, a time without a known zone is UTC."""
    if len(line) > _LONGEST_LINE or not any(map(str.isdigit, line)):
        return []
    found: list[Dated] = []
    for pattern in _DATES:
        for match in pattern.finditer(line):
            day = _day(match)
            if day and not any(match.start() < other.end and other.start < match.end() for other in found):
                found.append(_with_time(line, match, day))
    found.sort(key=lambda dated: dated.start)
    starts = [0, *(dated.end for dated in found)]
    return [
        replace(dated, update=_says_update(line[start : dated.end]))
        for start, dated in zip(starts, found, strict=False)
    ]


def _day(match: re.Match[str]) -> datetime | None:
    part = match.groupdict()
    if "name" in part:
        month = MONTHS.get(part["name"].casefold(), 0)
    elif "m" in part:
        month = int(part["m"])
    else:
        first, second = int(part["a"]), int(part["b"])
        if (first > 12) == (second > 12) and first != second:
            return None
        part["d"], month = (str(first), second) if first > 12 else (str(second), first)
    try:
        return datetime(int(part["y"]), month, int(part["d"]), tzinfo=UTC)
    except ValueError:  # no such day, as in 31 February
        return None


def _with_time(line: str, match: re.Match[str], day: datetime) -> Dated:
    """The day with the time that stands right behind it, else right before it."""
    start, end = match.span()
    after, before = line[end : end + 40], line[max(0, start - 30) : start]
    lead = _LEAD.match(after)
    clock = _TIME.match(after, lead.end() if lead else 0)
    if clock and (moment := _moment(day, clock)):
        return Dated(moment, start, end + clock.end())
    times = list(_TIME.finditer(before))
    if times and len(before) - times[-1].end() <= _WEEKDAY and (moment := _moment(day, times[-1])):
        return Dated(moment, start - len(before) + times[-1].start(), end)
    return Dated(day, start, end)


def _moment(day: datetime, clock: re.Match[str]) -> datetime | None:
    hour, half = int(clock["h"]), (clock["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 23:
        return None
    zone = _zone(clock["zone"] or "")
    return day.replace(hour=hour, minute=int(clock["min"]), second=int(clock["s"] or 0), tzinfo=zone).astimezone(UTC)


def _zone(text: str) -> timezone:
    name = text.strip().lower()
    sign, digits = re.sub(r"[^+-]", "", name), re.sub(r"\D", "", name)
    if sign and digits:
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        minutes += 60 * hours
        return timezone(timedelta(minutes=-minutes if sign == "-" else minutes)) if minutes < 24 * 60 else UTC
    return timezone(timedelta(hours=_ZONES.get(name, 0)))


def _says_update(text: str) -> bool:
    padded = f" {fold(text)} "
    return any(f" {word} " in padded for word in UPDATED)
