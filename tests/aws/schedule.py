"""Reads schedule expressions as EventBridge Scheduler does; no linter does.

    rate(15 minutes)   cron(0 6 ? * MON *)   at(2026-11-23T06:00:00)
"""

import re
from datetime import datetime

UNITS = ("minute", "hour", "day")
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()

# Name, least, most, names for values from the least on, and what else the field may be.
FIELDS = (
    ("minutes", 0, 59, (), ()),
    ("hours", 0, 23, (), ()),
    ("day of month", 1, 31, (), ("?", "L", "W")),
    ("month", 1, 12, MONTHS, ()),
    ("day of week", 1, 7, DAYS, ("?", "L", "#")),
    ("year", 1970, 2199, (), ()),
)


class BadSchedule(ValueError):
    """The expression says nothing that EventBridge understands."""


def parse(expression):
    """Its kind and parts; raises BadSchedule with what is wrong."""
    match = re.fullmatch(r"(rate|cron|at)\((.*)\)", expression)
    if not match:
        raise BadSchedule(f"{expression!r} is no rate(…), cron(…) or at(…)")
    kind, inside = match.groups()
    return kind, {"rate": _rate, "cron": _cron, "at": _at}[kind](inside)


def _rate(text):
    match = re.fullmatch(r"([1-9][0-9]*) (minute|hour|day)(s?)", text)
    if not match:
        raise BadSchedule(f"rate({text}): a positive number, one space, and minutes, hours or days")
    number, unit, plural = int(match[1]), match[2], match[3] == "s"
    if plural != (number != 1):
        raise BadSchedule(f"rate({text}): one takes the singular, more the plural")
    return number, unit


def _at(text):
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError as error:
        raise BadSchedule(f"at({text}): write yyyy-mm-ddThh:mm:ss") from error


def _cron(text):
    parts = text.split(" ")
    if len(parts) != len(FIELDS):
        raise BadSchedule(f"cron({text}): six fields, one space between; these are {len(parts)}")
    for part, field in zip(parts, FIELDS):
        for item in part.split(","):
            _item(item, *field)
    if (parts[2] == "?") == (parts[4] == "?"):
        raise BadSchedule(f"cron({text}): exactly one of day of month and day of week is '?'")
    return tuple(parts)


def _item(item, name, least, most, names, extras):
    """One item of a field's list."""
    if item == "?" and "?" in extras:
        return
    if "L" in extras and _is_last(item, name, least, most, names):
        return
    if "W" in extras and item.endswith("W"):
        _value(item[:-1], name, least, most, names)
        return
    if "#" in extras and "#" in item:
        day, _, nth = item.partition("#")
        _value(day, name, least, most, names)
        _value(nth, f"which {name}", 1, 5, ())
        return
    item, _, step = item.partition("/")
    if _:
        _value(step, f"step of {name}", 1, most, ())
    if item == "*":
        return
    first, dash, last = item.partition("-")
    low = _value(first, name, least, most, names)
    if dash and _value(last, name, least, most, names) < low:
        raise BadSchedule(f"{name}: {item!r} runs backwards")


def _is_last(item, name, least, most, names):
    """L, and for days of the week also 5L, the month's last Thursday."""
    if item == "L":
        return True
    if item.endswith("L") and names:
        _value(item[:-1], name, least, most, names)
        return True
    return False


def _value(text, name, least, most, names):
    if text in names:
        return least + names.index(text)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise BadSchedule(f"{name}: {text!r} is not within {least} to {most}")
    return int(text)
