"""The schedule parser against a table of good and bad expressions."""

import unittest

import schedule

GOOD = (
    "rate(1 minute)",
    "rate(15 minutes)",
    "rate(1 hour)",
    "rate(36 hours)",
    "rate(1 day)",
    "cron(0 6 ? * MON *)",
    "cron(0/15 * * * ? *)",
    "cron(*/5 8-18 ? * MON-FRI *)",
    "cron(0 10 1 * ? 2026-2030)",
    "cron(30 6 L * ? *)",
    "cron(30 6 3W JAN,JUL ? *)",
    "cron(15 12 ? * 2#1 *)",
    "cron(15 12 ? * 5L *)",
    "at(2026-11-23T06:00:00)",
)

# Each with a word that the complaint must hold, so that it fails for its own reason.
BAD = (
    ("every minute", "is no rate"),
    ("", "is no rate"),
    ("Rate(1 minute)", "is no rate"),
    ("rate(15 minutes", "is no rate"),
    (" rate(15 minutes)", "is no rate"),
    ("rate(1 minutes)", "singular"),
    ("rate(2 minute)", "plural"),
    ("rate(0 minutes)", "positive"),
    ("rate(-5 minutes)", "positive"),
    ("rate(1.5 hours)", "positive"),
    ("rate(15  minutes)", "one space"),
    ("rate(30 seconds)", "minutes, hours or days"),
    ("rate(1 week)", "minutes, hours or days"),
    ("rate(fifteen minutes)", "positive"),
    ("cron(0 6 * * MON)", "six fields"),
    ("cron(0 0 6 ? * MON *)", "six fields"),
    ("cron(60 6 ? * MON *)", "minutes"),
    ("cron(0 24 ? * MON *)", "hours"),
    ("cron(0 6 0 * ? *)", "day of month"),
    ("cron(0 6 32 * ? *)", "day of month"),
    ("cron(0 6 ? 13 MON *)", "month"),
    ("cron(0 6 ? * 0 *)", "day of week"),
    ("cron(0 6 ? * MONDAY *)", "day of week"),
    ("cron(0 6 ? * 2#6 *)", "which day of week"),
    ("cron(0 6 ? * FRI-MON *)", "backwards"),
    ("cron(0 6 ? * MON 1969)", "year"),
    ("cron(0 6 * * * *)", "exactly one"),
    ("cron(0 6 ? * ? *)", "exactly one"),
    ("cron(0 6 1 * MON *)", "exactly one"),
    ("cron(? 6 ? * MON *)", "minutes"),
    ("cron(0/0 6 ? * MON *)", "step of minutes"),
    ("cron(0,,5 6 ? * MON *)", "minutes"),
    ("cron(٥ 6 ? * MON *)", "minutes"),
    ("at(2026-11-23)", "hh:mm:ss"),
    ("at(2026-02-30T06:00:00)", "hh:mm:ss"),
)


class Schedules(unittest.TestCase):
    def test_good_ones_are_read(self):
        for expression in GOOD:
            with self.subTest(expression):
                self.assertEqual(expression.partition("(")[0], schedule.parse(expression)[0])

    def test_bad_ones_are_refused_for_their_own_reason(self):
        for expression, why in BAD:
            with self.subTest(expression), self.assertRaisesRegex(schedule.BadSchedule, why):
                schedule.parse(expression)


if __name__ == "__main__":
    unittest.main()
