"""Quartz expressions: what they say, when they fire, and the same in words.

Six fields (second, minute, hour, day of month, month, day of week) and a year that may be left out; one of the two days
is `?`. Times are those of the schedule's time zone: one that daylight saving leaves out does not fire that day, one
that comes twice fires the second time.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from difflib import get_close_matches
from itertools import chain, pairwise
from zoneinfo import ZoneInfo, available_timezones

from ldp_magic.errors import LdpError

__all__ = ["Schedule", "ScheduleError", "ZoneError", "read"]


class ScheduleError(LdpError):
    """A schedule that Quartz refuses, or reads in another way than it looks."""


class ZoneError(ScheduleError):
    """A time zone that a schedule cannot have."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of an expression: its name, its least and largest value, the largest step, names for the values."""

    name: str
    first: int
    last: int
    largest_step: int
    names: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        return tuple(range(self.first, self.last + 1))

    @property
    def values(self) -> str:
        named = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.first}-{self.last}{named}" + (", 1 is Sunday" if self.names == _SHORT_DAYS else "")

    def number(self, name: str) -> str:
        """The number of a name; of what is no name, that itself."""
        return str(self.first + self.names.index(name)) if name in self.names else name


_SHORT_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SHORT_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_SECOND, _MINUTE, _HOUR = _Field("second", 0, 59, 59), _Field("minute", 0, 59, 59), _Field("hour", 0, 23, 23)
_DAY, _MONTH = _Field("day of the month", 1, 31, 31), _Field("month", 1, 12, 12, _SHORT_MONTHS)
_WEEKDAY, _YEAR = _Field("day of the week", 1, 7, 7, _SHORT_DAYS), _Field("year", 1970, 2099, 129)
_BEGIN, _END = datetime(1970, 1, 1, tzinfo=timezone.utc), datetime(2100, 1, 2, tzinfo=timezone.utc)
_LONGEST_OVERLAP = timedelta(hours=3)
_LONGEST_TEXT = 1000


# The days of a month


@dataclass(frozen=True, slots=True)
class _MonthDays:
    """`1,15`"""

    numbers: tuple[int, ...]

    def of(self, year: int, month: int) -> Sequence[int]:
        last = monthrange(year, month)[1]
        return [number for number in self.numbers if number <= last]


@dataclass(frozen=True, slots=True)
class _WeekDays:
    """`MON-FRI`"""

    numbers: tuple[int, ...]

    def of(self, year: int, month: int) -> Sequence[int]:
        return sorted(chain.from_iterable(_all_of(number, year, month) for number in self.numbers))


@dataclass(frozen=True, slots=True)
class _Last:
    """`L`, `L-3`, `LW`, `L-3W`"""

    before: int
    working: bool

    def of(self, year: int, month: int) -> Sequence[int]:
        day = monthrange(year, month)[1] - self.before
        return [] if day < 1 else [_nearest_working(day, year, month) if self.working else day]


@dataclass(frozen=True, slots=True)
class _Nearest:
    """`15W`"""

    number: int

    def of(self, year: int, month: int) -> Sequence[int]:
        return [_nearest_working(self.number, year, month)]


@dataclass(frozen=True, slots=True)
class _LastWeekDay:
    """`6L`"""

    number: int

    def of(self, year: int, month: int) -> Sequence[int]:
        return _all_of(self.number, year, month)[-1:]


@dataclass(frozen=True, slots=True)
class _NthWeekDay:
    """`6#3`"""

    number: int
    nth: int

    def of(self, year: int, month: int) -> Sequence[int]:
        return _all_of(self.number, year, month)[self.nth - 1 : self.nth]


_Days = _MonthDays | _WeekDays | _Last | _Nearest | _LastWeekDay | _NthWeekDay


def _all_of(weekday: int, year: int, month: int) -> range:
    monday_based, last = monthrange(year, month)
    first = (monday_based + 1) % 7 + 1
    return range((weekday - first) % 7 + 1, last + 1, 7)


def _nearest_working(day: int, year: int, month: int) -> int:
    """The day from Monday to Friday that is nearest in the same month."""
    monday_based, last = date(year, month, day).weekday(), monthrange(year, month)[1]
    if monday_based == 5:
        return day - 1 if day > 1 else day + 2
    if monday_based == 6:
        return day + 1 if day < last else day - 2
    return day


# The schedule


@dataclass(frozen=True, slots=True)
class Schedule:
    """A Quartz expression in a time zone: *text* is as written, with single blanks."""

    text: str
    zone: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: _Days
    months: tuple[int, ...]
    years: tuple[int, ...]

    def fires(self, after: datetime) -> Iterator[datetime]:
        """Each time after *after*, in the schedule's time zone, as long as there is one until the end of 2099."""
        zone = _tzinfo(self.zone)
        after = min(max(after, _BEGIN - timedelta(seconds=1)), _END)
        for wall in self._walls((after.astimezone(zone) - _LONGEST_OVERLAP).replace(tzinfo=None)):
            fire = wall.replace(tzinfo=zone, fold=1)
            instant = fire.astimezone(timezone.utc)
            if instant > after and instant.astimezone(zone).replace(tzinfo=None) == wall:
                yield fire

    def words(self) -> str:
        """The schedule in plain English if that can be exact, and the expression if not."""
        if next(self.fires(_BEGIN), None) is None:
            return "never"
        return _words(self) or f"{self.text}, {self.zone}"

    def _walls(self, first: datetime) -> Iterator[datetime]:
        for day in self._dates(first.date()):
            for hour in self.hours:
                if day > first.date() or hour >= first.hour:
                    yield from (
                        datetime.combine(day, time(hour, minute, second))
                        for minute in self.minutes
                        for second in self.seconds
                    )

    def _dates(self, first: date) -> Iterator[date]:
        for year in self.years:
            for month in self.months:
                if (year, month) >= (first.year, first.month):
                    found = (date(year, month, day) for day in self.days.of(year, month))
                    yield from (day for day in found if day >= first)


def read(text: str, zone: str = "UTC") -> Schedule:
    """The schedule that a Quartz expression says, or what is wrong with it."""
    written = text.split()
    if len(text) > _LONGEST_TEXT:
        raise _error(text, "is too long", f"an expression has six or seven fields, {_FIELDS}", "write 0 0 2 * * ?")
    if len(written) not in (6, 7):
        raise _miscounted(text, written)
    text = " ".join(written)
    fields = text.upper().split()
    second, minute, hour, day, month, weekday, year = (*fields, "*")[:7]
    months = _values(text, month, _MONTH)
    return Schedule(
        text=text,
        zone=_known_zone(zone),
        seconds=_values(text, second, _SECOND),
        minutes=_values(text, minute, _MINUTE),
        hours=_values(text, hour, _HOUR),
        days=_days(text, fields, day, weekday, months),
        months=months,
        years=_values(text, year, _YEAR),
    )


_FIELDS = "second minute hour day month weekday [year]"


def _error(text: str, what: str, why: str, fix: str) -> ScheduleError:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return ScheduleError(f'the schedule "{shown}" {what}', why=why, fix=fix)


# Fields of values


_NUMBERS = re.compile(r"(?:\*|(?P<first>[0-9]{1,4})(?:-(?P<last>[0-9]{1,4}))?)?(?:/(?P<step>[0-9]{1,4}))?")
_NAMED = re.compile(r"(?P<first>[A-Z]{3})(?:-(?P<last>[A-Z]{3}))?")


def _values(text: str, said: str, field: _Field) -> tuple[int, ...]:
    return tuple(sorted(set(chain.from_iterable(_part(text, part, field) for part in said.split(",")))))


def _part(text: str, part: str, field: _Field) -> Sequence[int]:
    named, numbers = _NAMED.fullmatch(part), _NUMBERS.fullmatch(part)
    if named and {named["first"], named["last"] or named["first"]} <= set(field.names):
        return _range(
            text, part, field, field.number(named["first"]), named["last"] and field.number(named["last"]), ""
        )
    if not part or not numbers:
        raise _unreadable(text, part, field)
    return _range(text, part, field, numbers["first"], numbers["last"], numbers["step"])


def _range(text: str, part: str, field: _Field, first: str | None, last: str | None, step: str | None) -> Sequence[int]:
    """`a`, `a-b`, `a/s` up to the field's end, `a-b/s`; where a is after b it goes round."""
    begin = field.first if first is None else int(first)
    end = int(last) if last else begin if first is not None and not step else field.last
    for value in (begin, end):
        if not field.first <= value <= field.last:
            raise _outside(text, str(value), field)
    if step and not 1 <= int(step) <= field.largest_step:
        why = f"a step is a number from 1 to {field.largest_step}, and starts again with each new field above it"
        raise _error(text, f"has {part} as its {field.name}", why, f"write {begin} for once, or a smaller step")
    if end < begin and field is _YEAR:
        raise _error(text, f"has years from {begin} to {end}", "years do not go round", f"write {end}-{begin}")
    size = field.last - field.first + 1
    stop = end + size if end < begin else end
    return [(value - field.first) % size + field.first for value in range(begin, stop + 1, int(step or 1))]


def _outside(text: str, value: str, field: _Field) -> ScheduleError:
    around = {"60": "0", "24": "0"}.get(value) if field in (_SECOND, _MINUTE, _HOUR) else None
    fix = f"write {around}, or a value up to {field.last}" if around else f"write one of {field.values}"
    return _error(text, f"has {value} as its {field.name}", f"it may be {field.values}", fix)


def _unreadable(text: str, part: str, field: _Field) -> ScheduleError:
    what = f"has {part or 'nothing between two commas'} as its {field.name}"
    if part == "?":
        why = "? means no particular day, so it is only for one of the two days"
        return _error(text, what, why, f"write * for every {field.name}")
    specials = {_DAY: ", L, L-3, LW, 15W", _WEEKDAY: ", 6L, 6#3"}.get(field, "")
    why = f"it may be {field.values}, *, a list, a range, a step such as {field.first}/5{specials}"
    return _error(text, what, why, _meant(part, field))


def _meant(part: str, field: _Field) -> str:
    """What somebody wanted who wrote *part*."""
    short = re.sub(r"[A-Z]{4,}", lambda name: name[0][:3], part)
    numbers = re.sub(r"[A-Z]{3}", lambda name: field.number(name[0]), short)
    turned = re.fullmatch(r"([WL])([0-9]{1,2})", part)
    near = get_close_matches(part, field.names, 1, 0.5) if part.isalpha() else []
    if ";" in part:
        return f"write {part.replace(';', ',')}"
    if short != part and (named := _NAMED.fullmatch(short)) and set(filter(None, named.groups())) <= set(field.names):
        return f"write {short}"
    if numbers != short and _NUMBERS.fullmatch(numbers):
        return f"write {numbers}"
    if turned and field in (_DAY, _WEEKDAY):
        return f"write {turned[2]}{turned[1]}"
    return f"write {near[0]}" if near else f"write one of {field.values}"


# The two days


_LAST = re.compile(r"L(?:-(?P<before>[0-9]{1,2}))?(?P<working>W)?")
_NEAREST = re.compile(r"([0-9]{1,2})W")
_LAST_WEEKDAY = re.compile(r"([1-7]|[A-Z]{3})L")
_NTH = re.compile(r"([1-7]|[A-Z]{3})#([0-9])")


def _days(text: str, fields: Sequence[str], day: str, weekday: str, months: tuple[int, ...]) -> _Days:
    if (day == "?") == (weekday == "?"):
        raise _two_days(text, fields, day, weekday)
    if weekday == "?":
        return _month_days(text, day, months)
    return _week_days(text, weekday)


def _two_days(text: str, fields: Sequence[str], day: str, weekday: str) -> ScheduleError:
    if day == "?":
        said, either = ("*", "?"), "says ? for both days"
    elif weekday == "*" or day == "*":
        said, either = (day, "?") if weekday == "*" else ("?", weekday), "has two days"
    else:
        fix = f"make two schedules, one with {day} and ?, one with ? and {weekday}"
        return _error(text, "has two days", "Quartz takes a day of the month or a day of the week, not both", fix)
    why = "of day of the month and day of the week, exactly one says when, and the other is ?"
    counted = ", where 1 is Sunday" if re.search("[0-9]", said[1]) else ""
    proposed = " ".join((*fields[:3], said[0], fields[4], said[1], *fields[6:]))
    return _error(text, either, why, f"write {proposed}{counted}")


def _month_days(text: str, said: str, months: tuple[int, ...]) -> _Days:
    if last := _LAST.fullmatch(said):
        before, working = int(last["before"] or 0), bool(last["working"])
        if before > 30:
            raise _error(
                text, f"has {said} as its day of the month", "a month has 31 days at most", "write L-30 or less"
            )
        return _in_every_month(text, said, 1 + before, months, "1W") if working and before else _Last(before, working)
    if nearest := _NEAREST.fullmatch(said):
        if not 1 <= int(nearest[1]) <= 31:
            raise _outside(text, nearest[1], _DAY)
        return _in_every_month(text, said, int(nearest[1]), months, "LW")
    _stands_alone(text, said, _DAY, r"L|[0-9]W", "LW")
    return _MonthDays(_values(text, said, _DAY))


def _in_every_month(text: str, said: str, days: int, months: tuple[int, ...], other: str) -> _Days:
    """A working day is looked for around a day that each month has; in others Quartz slips into the next one."""
    for month in months:
        if days > monthrange(2027, month)[1]:
            why = f"{_MONTHS[month - 1]} does not always have {days} days, and Quartz then slips into another month"
            raise _error(text, f"has {said} as its day of the month", why, f"write {other}, or name the months that do")
    return _Last(days - 1, True) if said.startswith("L") else _Nearest(days)


def _week_days(text: str, said: str) -> _Days:
    if said == "L":
        return _WeekDays((7,))
    if last := _LAST_WEEKDAY.fullmatch(said):
        return _LastWeekDay(_part(text, last[1], _WEEKDAY)[0])
    if nth := _NTH.fullmatch(said):
        if not 1 <= int(nth[2]) <= 5:
            why = "the number after # is the first to the fifth in its month"
            raise _error(text, f"has {said} as its day of the week", why, f"write {nth[1]}#1, or up to {nth[1]}#5")
        return _NthWeekDay(_part(text, nth[1], _WEEKDAY)[0], int(nth[2]))
    _stands_alone(text, said, _WEEKDAY, r"(?:[0-9]|\b[A-Z]{3})L\b|#|\bL\b", "6L")
    return _WeekDays(_values(text, said, _WEEKDAY))


def _stands_alone(text: str, said: str, field: _Field, special: str, example: str) -> None:
    if "," in said and re.search(special, said):
        what, why = f"has {said} as its {field.name}", f"what is like {example} stands alone, not in a list"
        raise _error(text, what, why, f"make a schedule for each of {said.replace(',', ' and ')}")


# Expressions of another kind


_SHORTCUTS = {
    "@yearly": "0 0 0 1 1 ?",
    "@annually": "0 0 0 1 1 ?",
    "@monthly": "0 0 0 1 * ?",
    "@weekly": "0 0 0 ? * SUN",
    "@daily": "0 0 0 * * ?",
    "@midnight": "0 0 0 * * ?",
    "@hourly": "0 0 * * * ?",
}


def _miscounted(text: str, fields: Sequence[str]) -> ScheduleError:
    why = f"a Quartz expression has six or seven, {_FIELDS}"
    said = " ".join(fields)
    if said.lower() in _SHORTCUTS:
        return _error(said, "is one of Unix cron", why, f"write {_SHORTCUTS[said.lower()]}")
    what = "is empty" if not fields else f"has {len(fields)} field{'s' * (len(fields) != 1)}"
    if len(fields) == 5:
        what += ", as in Unix cron"
        if quartz := _of_unix([field.upper() for field in fields]):
            return _error(said, what, why, f"write {quartz}")
        if fields[2] != "*" and fields[4] != "*":
            fix = "make two schedules: in Unix cron either of the two days is enough, Quartz takes one"
            return _error(said, what, why, fix)
    return _error(said, what, why, "write 0 0 2 * * ? for daily at 02:00")


def _of_unix(fields: Sequence[str]) -> str | None:
    """The six fields that fire as the five of Unix cron do; there weekdays count from 0."""
    minute, hour, day, month, weekday = fields
    if weekday in ("*", "?"):
        quartz = f"0 {minute} {hour} {day} {month} ?"
    elif day in ("*", "?"):
        quartz = f"0 {minute} {hour} ? {month} {','.join(map(_weekday_of_unix, weekday.split(',')))}"
    else:
        return None
    try:
        return read(quartz).text
    except ScheduleError:
        return None


def _weekday_of_unix(part: str) -> str:
    days, slash, step = part.partition("/")
    if slash:
        return re.sub(r"[0-9]", lambda day: str(int(day[0]) % 7 + 1), days) + slash + step
    return re.sub(r"\b[0-7]\b", lambda day: _SHORT_DAYS[int(day[0]) % 7], days)


# Time zones


def _tzinfo(zone: str) -> tzinfo:
    return timezone.utc if zone == "UTC" else ZoneInfo(zone)


def _known_zone(zone: str) -> str:
    """The zone, if it is one by exactly that name: Java takes any other for GMT and says nothing."""
    if zone == "UTC":
        return zone
    known = available_timezones() - {"localtime", "Factory"}
    if zone in known:
        return zone
    if not known:
        why = "this machine has no time zone data"
        raise ZoneError(f"the time zone {zone[:60]} cannot be looked up", why=why, fix="pip install tzdata")
    why = "a schedule needs a time zone by its name in the IANA database; Quartz takes any other for GMT"
    near = _near_zone(zone[:60], known)
    fix = f"write {near}" if near else "write a name such as Europe/Berlin or UTC"
    raise ZoneError(f"no time zone is called {zone[:60]}" + (f"; {near} is" if near else ""), why=why, fix=fix)


def _near_zone(zone: str, known: set[str]) -> str | None:
    """A name as near as that; none with a number, because Etc/GMT+8 is eight hours behind."""
    wanted = zone.strip().replace(" ", "_").casefold()
    names = sorted(name for name in known if not re.search("[0-9]", name))
    same = [name for name in names if wanted in (name.casefold(), name.casefold().rpartition("/")[2])]
    return next(iter([*same, *get_close_matches(zone, names, 1, 0.8)]), None)


# In words


def _words(said: Schedule) -> str | None:
    days, clocks, interval = _days_in_words(said), _clocks(said), _interval(said)
    if days is None or not (clocks or interval):
        return None
    if days == "daily" and interval and " from " not in interval and said.zone == "UTC":
        return interval
    when = f"{days} at {clocks}" if clocks else interval if days == "daily" else f"{days}, {interval}"
    return f"{when}, {said.zone}"


def _clocks(said: Schedule) -> str | None:
    """Up to four times of the day."""
    if len(said.hours) * len(said.minutes) * len(said.seconds) > 4:
        return None
    times = [time(hour, minute, second) for hour in said.hours for minute in said.minutes for second in said.seconds]
    exact = "minutes" if said.seconds == (0,) else "seconds"
    return _and([each.isoformat(exact) for each in times])


def _interval(said: Schedule) -> str | None:
    """How often, if that is the same in each of its hours; nothing if it is up to four times a day."""
    if _clocks(said):
        return None
    seconds, minutes = _step(said.seconds, 60), _step(said.minutes, 60)
    if said.minutes == _MINUTE.all and said.hours == _HOUR.all and seconds:
        return _every(seconds, "second") if seconds < 60 else "every minute"
    if said.seconds != (0,):
        return None
    if said.hours == _HOUR.all:
        return _hourly(said.minutes, minutes)
    first, last = time(said.hours[0], said.minutes[0]), time(said.hours[-1], said.minutes[-1])
    between = f"from {first:%H:%M} to {last:%H:%M}"
    pace = _pace(said.hours)
    if len(said.minutes) == 1 and pace:
        return f"{_every(pace, 'hour')} {between}"
    return f"{_every(minutes, 'minute')} {between}" if minutes and pace == 1 else None


def _hourly(minutes: tuple[int, ...], step: int | None) -> str | None:
    if step:
        return _every(step, "minute") if step < 60 else "every hour"
    if len(minutes) > 4:
        return None
    return f"every hour at minute{'s' * (len(minutes) > 1)} {_and(list(map(str, minutes)))}"


def _every(many: int, unit: str) -> str:
    return f"every {unit}" if many == 1 else f"every {many} {unit}s"


def _step(values: tuple[int, ...], size: int) -> int | None:
    """The step that leads from 0 through *values* and to the next 0."""
    step = size // len(values)
    return step if values == tuple(range(0, size, step)) else None


def _pace(values: tuple[int, ...]) -> int | None:
    """The distance between any two neighbours, where all are as far apart; 1 for a value alone."""
    distances = {after - before for before, after in pairwise(values)} or {1}
    return distances.pop() if len(distances) == 1 else None


def _days_in_words(said: Schedule) -> str | None:
    days, months, years = said.days, _months_in_words(said.months), _years_in_words(said.years)
    if months is None or years is None:
        return None
    if isinstance(days, _MonthDays) and days.numbers == _DAY.all:
        found: str | None = "daily"
    elif isinstance(days, _WeekDays):
        found = "daily" if days.numbers == _WEEKDAY.all else _weekdays_in_words(days.numbers)
    else:
        found = _on(days, said.months, months or "every month")
        months = ""
    return found and found + (f" in {months}" if months else "") + years


def _months_in_words(months: tuple[int, ...]) -> str | None:
    if months == _MONTH.all:
        return ""
    return _and([_MONTHS[month - 1] for month in months]) if len(months) <= 6 else None


def _years_in_words(years: tuple[int, ...]) -> str | None:
    if years == _YEAR.all:
        return ""
    if len(years) > 2 and _pace(years) == 1:
        return f" from {years[0]} to {years[-1]}"
    return " in " + _and(list(map(str, years))) if len(years) <= 4 else None


def _weekdays_in_words(numbers: tuple[int, ...]) -> str:
    week = [number for number in (2, 3, 4, 5, 6, 7, 1) if number in numbers]
    starts = [number for number in week if (number - 2) % 7 + 1 not in numbers]
    if len(starts) == 1 and len(week) > 2:
        return f"{_WEEKDAYS[starts[0] - 1]} to {_WEEKDAYS[(starts[0] + len(week) - 2) % 7]}"
    return _and([_WEEKDAYS[number - 1] + "s" for number in week])


def _on(days: _Days, months: tuple[int, ...], named: str) -> str | None:
    if isinstance(days, _MonthDays):
        return _on_numbers(days.numbers, months, named)
    if isinstance(days, _NthWeekDay):
        return _on_nth(days, months, named)
    if isinstance(days, _LastWeekDay):
        return f"on the last {_WEEKDAYS[days.number - 1]} of {named}"
    if isinstance(days, _Nearest):
        near = f"on the day from Monday to Friday nearest the {_ordinal(days.number)} of {named}"
        return near if 1 < days.number < 28 else None
    if isinstance(days, _Last) and not days.before:
        return f"on the last day{' from Monday to Friday' * days.working} of {named}"
    if isinstance(days, _Last) and not days.working and days.before < 28:
        return f"{days.before} day{'s' * (days.before > 1)} before the last day of {named}"
    return None


def _on_nth(days: _NthWeekDay, months: tuple[int, ...], named: str) -> str | None:
    found = f"on the {_ordinal(days.nth)} {_WEEKDAYS[days.number - 1]} of {named}"
    if days.nth < 5:
        return found
    return f"{found} that has one" if len(months) == 12 else None


def _on_numbers(numbers: tuple[int, ...], months: tuple[int, ...], named: str) -> str | None:
    shortest = 29 if months == (2,) else min(monthrange(2027, month)[1] for month in months)
    rare = " that has one" if numbers[-1] > shortest else ""
    if rare and (len(numbers) > 1 or len(months) < 12):
        return None
    if len(numbers) > 2 and _pace(numbers) == 1:
        return f"on the {_ordinal(numbers[0])} to the {_ordinal(numbers[-1])} of {named}"
    return f"on the {_and(list(map(_ordinal, numbers)))} of {named}{rare}" if len(numbers) <= 4 else None


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _and(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])
