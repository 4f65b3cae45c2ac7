"""Dates as the pages write them, in English and in UTC whatever the locale of the machine."""

from datetime import UTC, date, datetime

# Written out, because strftime asks the locale.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def full_day(day: date) -> str:
    """Sunday 22 November 2026."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def plain_day(day: date) -> str:
    """22 November 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def day_and_month(day: date) -> str:
    """22 Nov."""
    return f"{day.day} {_MONTHS[day.month - 1][:3]}"


def clock(moment: datetime) -> str:
    """14:05, in UTC."""
    here = moment.astimezone(UTC)
    return f"{here.hour:02}:{here.minute:02}"


def day_and_time(moment: datetime) -> str:
    """22 Nov 14:05, in UTC."""
    here = moment.astimezone(UTC)
    return f"{day_and_month(here)} {clock(here)}"
