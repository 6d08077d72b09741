"""Quartz expressions: what the real evaluator says, what every schedule keeps to, and what a mistake is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from itertools import islice, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ldp_magic.cron import Schedule, ScheduleError, ZoneError, read
from tests.clock import assert_quick

GOLDEN = json.loads((Path(__file__).parent / "quartz.json").read_text(encoding="utf-8"))
UTC = timezone.utc
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def fires(text: str, after: str, many: int, zone: str = "UTC") -> list[str]:
    return [fire.isoformat() for fire in islice(read(text, zone).fires(at(after)), many)]


def refused(text: str, zone: str = "UTC") -> ScheduleError:
    with pytest.raises(ScheduleError) as caught:
        read(text, zone)
    return caught.value


# as the real evaluator does


@pytest.mark.parametrize("row", GOLDEN["valid"], ids=lambda row: f"{row['expression']} {row['timezone_id']}")
def test_as_quartz_fires(row: dict[str, str]):
    found = fires(row["expression"], row["after"], 6, row["timezone_id"])
    assert found[:5] == [each.replace("Z", "+00:00") for each in row["next"]]
    assert (len(found) < 6) == row["exhausted"]


@pytest.mark.parametrize("row", GOLDEN["invalid"], ids=lambda row: row["expression"])
def test_what_quartz_refuses_is_refused(row: dict[str, str]):
    error = refused(row["expression"])
    assert error.what and error.why and error.fix


def test_the_golden_rows_are_there():
    assert (len(GOLDEN["valid"]), len(GOLDEN["invalid"])) == (162, 23)


# daylight saving


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        pytest.param(
            "0 30 2 * * ?", "Europe/Berlin", "2026-03-28T00:00Z",
            ["2026-03-28T02:30:00+01:00", "2026-03-30T02:30:00+02:00"],
            id="a time in the gap is left out",
        ),
        pytest.param(
            "0 0 * * * ?", "Europe/Berlin", "2026-03-29T00:30Z",
            ["2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"],
            id="an hour that is left out",
        ),
        pytest.param(
            "0 30 2 * * ?", "Europe/Berlin", "2026-10-24T12:00Z",
            ["2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"],
            id="a time that comes twice fires the second time",
        ),
        pytest.param(
            "0 0/30 * * * ?", "America/New_York", "2026-11-01T04:20Z",
            ["2026-11-01T00:30:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T01:30:00-05:00"],
            id="the first pass of the hour that comes twice",
        ),
        pytest.param(
            "0 15 1 * * ?", "America/New_York", "2026-11-01T05:40Z",
            ["2026-11-01T01:15:00-05:00"],
            id="asked between the two passes",
        ),
        pytest.param(
            "0 15,45 2 * * ?", "Australia/Lord_Howe", "2026-10-03T12:00Z",
            ["2026-10-04T02:45:00+11:00", "2026-10-05T02:15:00+11:00"],
            id="half an hour that is left out",
        ),
        pytest.param(
            "0 30 23 31 10 ?", "America/St_Johns", "2009-10-31T00:00Z",
            ["2009-10-31T23:30:00-03:30"],
            id="an hour before midnight comes twice",
        ),
        pytest.param(
            "0 30 23 * * ?", "America/St_Johns", "2009-11-01T02:30:30Z",
            ["2009-10-31T23:30:00-03:30", "2009-11-01T23:30:00-03:30"],
            id="asked a day later on the clock",
        ),
    ],
)  # fmt: skip
def test_daylight_saving(text: str, zone: str, after: str, expected: list[str]):
    assert fires(text, after, len(expected), zone) == expected


# what every schedule keeps to: each field is drawn beside what it means


Field = tuple[str, Callable[[int], bool]]
SHORT = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@st.composite
def numbers(draw: st.DrawFn, first: int, last: int, steps: int) -> Field:
    a, b, step = draw(st.integers(first, last)), draw(st.integers(first, last)), draw(st.integers(2, steps))
    between = (lambda n: a <= n <= b) if a <= b else (lambda n: n >= a or n <= b)
    size = last - first + 1
    return draw(
        st.sampled_from(
            [
                ("*", lambda n: True),
                (f"{a}", lambda n: n == a),
                (f"{a},{b}", lambda n: n in (a, b)),
                (f"{a}-{b}", between),
                (f"{a}/{step}", lambda n: n >= a and (n - a) % step == 0),
                (f"*/{step}", lambda n: (n - first) % step == 0),
                (f"{a}-{b}/{step}", lambda n: between(n) and (n - a) % size % step == 0),
            ]
        )
    )


def _working(day: date, target: int) -> bool:
    """Whether *day* is the one from Monday to Friday nearest to *target* in its month."""
    month = [each for n in range(31) if (each := day.replace(day=1) + timedelta(n)).month == day.month]
    best = min((each for each in month if each.weekday() < 5), key=lambda each: (abs(each.day - target), each.day))
    return day == best


def _from_end(day: date) -> int:
    return ((day.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)).day - day.day


@st.composite
def day_fields(draw: st.DrawFn) -> tuple[str, str, Callable[[date], bool]]:
    n, back, nth, weekday = (draw(st.integers(*ends)) for ends in ((1, 28), (0, 9), (1, 5), (1, 7)))
    name = draw(st.sampled_from([str(weekday), SHORT[weekday - 1], SHORT[weekday - 1].lower()]))
    in_month, in_week = draw(numbers(1, 31, 31)), draw(numbers(1, 7, 7))

    def of_week(day: date) -> int:
        return day.isoweekday() % 7 + 1

    return draw(
        st.sampled_from(
            [
                (in_month[0], "?", lambda day: in_month[1](day.day)),
                ("?", in_week[0], lambda day: in_week[1](of_week(day))),
                ("L", "?", lambda day: _from_end(day) == 0),
                (f"L-{back}", "?", lambda day: _from_end(day) == back),
                ("LW", "?", lambda day: _working(day, day.day + _from_end(day))),
                (f"L-{back}W", "?", lambda day: _working(day, day.day + _from_end(day) - back)),
                (f"{n}W", "?", lambda day: _working(day, n)),
                ("?", f"{name}L", lambda day: of_week(day) == weekday and _from_end(day) < 7),
                ("?", f"{name}#{nth}", lambda day: of_week(day) == weekday and (day.day - 1) // 7 + 1 == nth),
            ]
        )
    )


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, Callable[[datetime], bool]]:
    minute, hour, month = draw(numbers(0, 59, 59)), draw(numbers(0, 23, 23)), draw(numbers(1, 12, 12))
    day, weekday, right_day = draw(day_fields())

    def fits(wall: datetime) -> bool:
        return minute[1](wall.minute) and hour[1](wall.hour) and month[1](wall.month) and right_day(wall.date())

    return f"0 {minute[0]} {hour[0]} {day} {month[0]} {weekday}", fits


def _second_pass(instant: datetime, zone: ZoneInfo) -> bool:
    wall = instant.astimezone(zone)
    return wall.fold == 1 or wall.replace(fold=1).utcoffset() == wall.utcoffset()


CHANGES = (
    "2026-03-06",
    "2026-03-27",
    "2026-04-03",
    "2026-10-02",
    "2026-10-23",
    "2026-10-29",
    "2027-01-29",
    "2028-02-27",
)


@settings(max_examples=250, deadline=None)
@given(expressions(), st.sampled_from(ZONES), st.sampled_from(CHANGES))
def test_it_fires_in_exactly_those_minutes_that_fit(drawn: tuple[str, Callable[[datetime], bool]], zone: str, day: str):
    text, fits = drawn
    start, there = at(day + "T00:00:00Z"), ZoneInfo(zone)
    minutes = [start + timedelta(minutes=n) for n in range(1, 4 * 24 * 60)]
    expected = [each for each in minutes if _second_pass(each, there) and fits(each.astimezone(there))]
    found = []
    for fire in read(text, zone).fires(start):
        if fire.astimezone(UTC) > minutes[-1]:
            break
        found.append(fire.astimezone(UTC))
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(expressions(), st.sampled_from(ZONES), st.datetimes(datetime(1969, 1, 1), datetime(2101, 1, 1)))
def test_fires_grow_and_go_on_from_each_of_them(drawn: tuple[str, object], zone: str, after: datetime):
    schedule, start = read(drawn[0], zone), after.replace(tzinfo=UTC)
    found = [fire.astimezone(UTC) for fire in islice(schedule.fires(start), 12)]
    assert all(earlier < later for earlier, later in pairwise([start, *found]))
    for n, fire in enumerate(found[:4]):
        again = islice(schedule.fires(fire), 3)
        assert [each.astimezone(UTC) for each in again] == found[n + 1 : n + 4] or len(found) < 12


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        pytest.param("0 0 0 30 2 ?", "UTC", id="no such day"),
        pytest.param("* * * 31 2,4,6,9,11 ?", "UTC", id="no such day in any of them"),
        pytest.param("* * 2 ? 3 1#2 2007-2099", "America/New_York", id="always in the gap"),
        pytest.param("0 0 0 29 2 ? 2027", "UTC", id="no leap year"),
    ],
)
def test_what_never_fires_says_so_soon(text: str, zone: str):
    schedule = read(text, zone)
    assert assert_quick(lambda: next(schedule.fires(at("2026-11-20T00:00Z")), None), 5) is None
    assert assert_quick(schedule.words, 5) == "never"


def test_the_last_years_end():
    assert fires("0 0 0 1 1 ?", "2097-06-01T00:00Z", 9) == ["2098-01-01T00:00:00+00:00", "2099-01-01T00:00:00+00:00"]
    for extreme in (datetime.min, datetime.max):
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            first = next(read("0 0 0 1 1 ?", zone).fires(extreme.replace(tzinfo=UTC)), None)
            assert (first and first.year) == (1970 if extreme == datetime.min else None)


def test_what_is_asked_needs_a_time_zone():
    with pytest.raises(TypeError):
        next(read("0 0 0 * * ?").fires(datetime(2026, 1, 1)))


def test_a_fraction_of_a_second_before_is_before():
    assert fires("0 0 6 * * ?", "2026-01-01T05:59:59.500+00:00", 1) == ["2026-01-01T06:00:00+00:00"]
    assert fires("0 0 6 * * ?", "2026-01-01T06:00:00.500+00:00", 1) == ["2026-01-02T06:00:00+00:00"]


def test_it_is_one_value():
    schedule = read("  0 0\t2 ? * mon-FRI ", "Europe/Berlin")
    assert (schedule.text, schedule.zone) == ("0 0 2 ? * mon-FRI", "Europe/Berlin")
    assert schedule == read("0 0 2 ? * mon-FRI", "Europe/Berlin") and len({schedule, schedule}) == 1


# words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 0 2 * * ?", "daily at 02:00, UTC"),
        ("0 0 2 ? * *", "daily at 02:00, UTC"),
        ("30 0 2 * * ? *", "daily at 02:00:30, UTC"),
        ("0 0 6,18 * * ?", "daily at 06:00 and 18:00, UTC"),
        ("0 0/15 * * * ?", "every 15 minutes"),
        ("0 * * * * ?", "every minute"),
        ("* * * * * ?", "every second"),
        ("0/30 * * * * ?", "every 30 seconds"),
        ("0 0 * * * ?", "every hour"),
        ("0 5 * * * ?", "every hour at minute 5"),
        ("0 7/15 * * * ?", "every hour at minutes 7, 22, 37 and 52"),
        ("0 0 0/2 * * ?", "every 2 hours from 00:00 to 22:00, UTC"),
        ("0 0/15 9-17 ? * MON-FRI", "Monday to Friday, every 15 minutes from 09:00 to 17:45, UTC"),
        ("0 30 6 ? * MON", "Mondays at 06:30, UTC"),
        ("0 30 6 ? * SAT,SUN", "Saturdays and Sundays at 06:30, UTC"),
        ("0 30 6 ? * MON,WED,FRI", "Mondays, Wednesdays and Fridays at 06:30, UTC"),
        ("0 30 6 ? * FRI-MON", "Friday to Monday at 06:30, UTC"),
        ("0 7/25 * * * ?", "every hour at minutes 7, 32 and 57"),
        ("0 0/25 * * * ?", "every hour at minutes 0, 25 and 50"),
        ("0 30 6 ? JAN,JUL MON", "Mondays in January and July at 06:30, UTC"),
        ("0 0 6 1,15 * ?", "on the 1st and 15th of every month at 06:00, UTC"),
        ("0 0 6 31 * ?", "on the 31st of every month that has one at 06:00, UTC"),
        ("0 0 6 L * ?", "on the last day of every month at 06:00, UTC"),
        ("0 0 6 LW * ?", "on the last day from Monday to Friday of every month at 06:00, UTC"),
        ("0 0 6 ? * 6L", "on the last Friday of every month at 06:00, UTC"),
        ("0 0 6 ? * 6#3", "on the 3rd Friday of every month at 06:00, UTC"),
        ("0 0 6 ? * 6#5", "on the 5th Friday of every month that has one at 06:00, UTC"),
        ("0 0 6 ? 2 6#5", "0 0 6 ? 2 6#5, UTC"),
        ("0 0 6 29 2 ?", "on the 29th of February at 06:00, UTC"),
        ("0 0 6 8-14 * ?", "on the 8th to the 14th of every month at 06:00, UTC"),
        ("0 0 6 29-31 * ?", "0 0 6 29-31 * ?, UTC"),
        ("0 0 6 15W * ?", "on the day from Monday to Friday nearest the 15th of every month at 06:00, UTC"),
        ("0 0 6 L-1 * ?", "1 day before the last day of every month at 06:00, UTC"),
        ("0 0 6 L-3 * ?", "3 days before the last day of every month at 06:00, UTC"),
        ("0 0 6 1 1 ? 2027", "on the 1st of January in 2027 at 06:00, UTC"),
        ("0 0 6 * * ? 2027-2030", "daily from 2027 to 2030 at 06:00, UTC"),
        ("0 0 6 L-3W * ?", "0 0 6 L-3W * ?, UTC"),
        ("0 7-49/3 6 * * ?", "0 7-49/3 6 * * ?, UTC"),
    ],
)
def test_words(text: str, words: str):
    assert read(text).words() == words


def test_words_name_the_zone_where_it_counts():
    assert read("0 0 2 * * ?", "Europe/Berlin").words() == "daily at 02:00, Europe/Berlin"
    assert read("0 0/15 * * * ?", "Europe/Berlin").words() == "every 15 minutes, Europe/Berlin"


def _meaning(schedule: Schedule) -> tuple[object, ...]:
    months = [(year, month) for year in range(2027, 2055) for month in schedule.months]
    days = tuple((*month, *schedule.days.of(*month)) for month in months)
    return schedule.zone, schedule.seconds, schedule.minutes, schedule.hours, schedule.years, days


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[str, tuple[object, ...]]]:
    return {}


@settings(max_examples=600, deadline=None)
@given(expressions(), st.sampled_from(["", "2027", "2027-2029"]))
def test_the_same_words_mean_the_same(
    told: dict[str, tuple[str, tuple[object, ...]]], drawn: tuple[str, object], year: str
):
    schedule = read(f"{drawn[0]} {year}")
    words = schedule.words()
    assume(words != "never")
    text, meaning = told.setdefault(words, (schedule.text, _meaning(schedule)))
    assert meaning == _meaning(schedule), f"{text} and {schedule.text} are both {words}"


# mistakes


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("0 0 6 * * *", "has two days", "write 0 0 6 * * ?"),
        ("0 0 6 1 * * 2027", "has two days", "write 0 0 6 1 * ? 2027"),
        ("0 0 6 * * MON", "has two days", "write 0 0 6 ? * MON"),
        ("0 0 6 * * 1-5", "has two days", "write 0 0 6 ? * 1-5, where 1 is Sunday"),
        ("0 0 6 ? * ?", "says ? for both days", "write 0 0 6 * * ?"),
        ("0 0 6 1 * MON", "has two days", "make two schedules, one with 1 and ?, one with ? and MON"),
        ("* * * * *", "has 5 fields, as in Unix cron", "write 0 * * * * ?"),
        ("0 6 1 * 1", "has 5 fields, as in Unix cron", "make two schedules: in Unix cron either"),
        ("@weekly", "is one of Unix cron", "write 0 0 0 ? * SUN"),
        ("", "is empty", "write 0 0 2 * * ?"),
        ("6", "has 1 field", "write 0 0 2 * * ?"),
        ("0 0 6 * * ? * *", "has 8 fields", "write 0 0 2 * * ?"),
        ("0 0 24 * * ?", "has 24 as its hour", "write 0, or a value up to 23"),
        ("0 60 6 * * ?", "has 60 as its minute", "write 0, or a value up to 59"),
        ("0 0 6 ? * 0", "has 0 as its day of the week", "write one of 1-7 or SUN-SAT, 1 is Sunday"),
        ("0 0/60 6 * * ?", "has 0/60 as its minute", "write 0 for once"),
        ("0 0/0 6 * * ?", "has 0/0 as its minute", "write 0 for once"),
        ("0 0 6 ? * MONDAY", "has MONDAY as its day of the week", "write MON"),
        ("0 0 6 ? * TEU", "has TEU as its day of the week", "write TUE"),
        ("0 0 6 ? * MON-FRI/2", "has MON-FRI/2 as its day of the week", "write 2-6/2"),
        ("0 0 6 ? * 2-FRI", "has 2-FRI as its day of the week", "write 2-6"),
        ("0 0 6 ? * MON;TUE", "has MON;TUE as its day of the week", "write MON,TUE"),
        ("0 0 6 ? JANUARY MON", "has JANUARY as its month", "write JAN"),
        ("0 0 6 W15 * ?", "has W15 as its day of the month", "write 15W"),
        ("0 0 6 1W,15W * ?", "has 1W,15W as its day of the month", "make a schedule for each of 1W and 15W"),
        ("0 0 6 ? * L,MON", "has L,MON as its day of the week", "make a schedule for each of L and MON"),
        ("0 0 6 10-15W * ?", "has 10-15W as its day of the month", "write one of 1-31"),
        ("0 0 6 31W * ?", "has 31W as its day of the month", "write LW, or name the months that do"),
        ("0 0 6 L-30W 4 ?", "has L-30W as its day of the month", "write 1W, or name the months that do"),
        ("0 0 6 32W * ?", "has 32 as its day of the month", "write one of 1-31"),
        ("0 0 6 ? * 5C", "has 5C as its day of the week", "write one of 1-7"),
        ("0 0 6 ,1 * ?", "has nothing between two commas as its day of the month", "write one of 1-31"),
        ("0 0 6 * * ? 2101", "has 2101 as its year", "write one of 1970-2099"),
        ("0 0 ٦ * * ?", "has ٦ as its hour", "write one of 0-23"),
        ("0 0 6 * * ?" + " *" * 9999, "is too long", "write 0 0 2 * * ?"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(text: str, what: str, fix: str):
    error = refused(text)
    assert f'" {what}' in error.what and error.fix.startswith(fix) and error.why and len(str(error)) < 500
    proposed = re.match(r"write ((?:[\dA-Z*?,/#-]+ ){5}[\dA-Z*?/#-]+(?: \d{4})?)", error.fix)
    assert proposed is None or read(proposed[1])


def test_a_working_day_that_its_months_have_is_fine():
    assert fires("0 0 6 31W 1,3 ?", "2026-12-01T00:00Z", 2) == [
        "2027-01-29T06:00:00+00:00",
        "2027-03-31T06:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("zone", "fix"),
    [
        ("berlin", "write Europe/Berlin"),
        ("europe/berlin", "write Europe/Berlin"),
        ("Europe/Berln", "write Europe/Berlin"),
        ("New York", "write America/New_York"),
        ("GMT+8", "write a name such as"),
        ("+02:00", "write a name such as"),
        ("localtime", "write a name such as"),
        ("../../etc/passwd", "write a name such as"),
        ("x\0y", "write a name such as"),
        ("", "write a name such as"),
    ],
)
def test_a_zone_that_is_none(zone: str, fix: str):
    error = refused("0 0 6 * * ?", zone)
    assert isinstance(error, ZoneError) and error.fix.startswith(fix)


@st.composite
def unix(draw: st.DrawFn) -> tuple[str, Callable[[datetime], bool]]:
    """Five fields of Unix cron with what they mean, of which at most one day is restricted."""
    minute, hour, month = draw(numbers(0, 59, 59)), draw(numbers(0, 23, 23)), draw(numbers(1, 12, 12))
    a, b = sorted((draw(st.integers(0, 7)), draw(st.integers(0, 7))))
    days = draw(
        st.sampled_from(
            [
                ("*", "*", lambda wall: True),
                ("13", "*", lambda wall: wall.day == 13),
                ("*", f"{a}", lambda wall: wall.isoweekday() % 7 == a % 7),
                ("*", f"{a},{b}", lambda wall: wall.isoweekday() % 7 in (a % 7, b % 7)),
                ("*", "1-5", lambda wall: wall.isoweekday() < 6),
                ("*", "5-7", lambda wall: wall.isoweekday() > 4),
                ("*", "1-5/2", lambda wall: wall.isoweekday() in (1, 3, 5)),
                ("*", "*/2", lambda wall: wall.isoweekday() % 7 in (0, 2, 4, 6)),
                ("*", "mon,Wed", lambda wall: wall.isoweekday() in (1, 3)),
            ]
        )
    )

    def fits(wall: datetime) -> bool:
        return minute[1](wall.minute) and hour[1](wall.hour) and month[1](wall.month) and days[2](wall)

    return f"{minute[0]} {hour[0]} {days[0]} {month[0]} {days[1]}", fits


@settings(max_examples=100, deadline=None)
@given(unix())
def test_what_is_proposed_for_unix_cron_means_the_same(drawn: tuple[str, Callable[[datetime], bool]]):
    error, start = refused(drawn[0]), at("2026-11-08T00:00Z")
    minutes = [start + timedelta(minutes=n) for n in range(1, 8 * 24 * 60)]
    found = []
    for fire in read(error.fix.removeprefix("write ")).fires(start):
        if fire > minutes[-1]:
            break
        found.append(fire)
    assert found == [each for each in minutes if drawn[1](each)]


@settings(max_examples=400, deadline=None)
@given(expressions(), st.data())
def test_damaged_expressions_are_read_or_refused_clearly(drawn: tuple[str, object], data: st.DataObject):
    text = drawn[0]
    where, cut = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 3))
    put = data.draw(st.sampled_from([*"?*L#W-/,;0 \t\x00@", "MON", "99", "-1"]) | st.text(max_size=3))
    try:
        schedule = read(text[:where] + put + text[where + cut :])
    except ScheduleError as error:
        assert error.what and error.why and error.fix
    else:
        assert schedule.words() and read(schedule.text) == schedule
