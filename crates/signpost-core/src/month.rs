use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A calendar month from January 1900 to December 2199, counted from January of year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Month(i32);

/// A text or number that is not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a month: {0:?}; write YYYY-MM, 1900-01 to 2199-12")]
pub struct MonthError(String);

impl Month {
    /// The month `number` (1 to 12) of `year`.
    ///
    /// # Errors
    /// Outside January 1900 to December 2199.
    pub fn new(year: i32, number: u32) -> Result<Self, MonthError> {
        match i32::try_from(number) {
            Ok(number @ 1..=12) if (1900..2200).contains(&year) => Ok(Self(year * 12 + number - 1)),
            _ => Err(MonthError(format!("{year}-{number}"))),
        }
    }

    /// The calendar year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// The number of the month in its year, 1 to 12.
    #[must_use]
    pub fn number(self) -> u8 {
        u8::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1)
    }

    /// The month `count` later (earlier when negative), unchecked against the calendar's ends.
    #[must_use]
    pub fn plus(self, count: i32) -> Self {
        Self(self.0.saturating_add(count))
    }

    /// Months from `earlier` to this one.
    #[must_use]
    pub fn since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// Every month from this one up to and including `last`.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }

    /// Days in the month.
    #[must_use]
    pub fn days(self) -> u8 {
        let leap = |year: i32| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        match self.number() {
            2 if leap(self.year()) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// Days from 1 January 1970 to the first day of the month, as ClickHouse stores a date.
    #[must_use]
    pub fn first_day_since_epoch(self) -> i32 {
        // Days before a year of the proleptic Gregorian calendar, by its leap-year rule.
        let before = |year: i32| 365 * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
        let january = Self(self.year() * 12);
        let within: i32 = january.through(self.plus(-1)).map(|month| i32::from(month.days())).sum();
        before(self.year()) - before(1970) + within
    }

    /// The month that holds the given day, counted from 1 January 1970.
    ///
    /// # Errors
    /// Outside January 1900 to December 2199.
    pub fn of_day_since_epoch(day: i32) -> Result<Self, MonthError> {
        let first = Self(1900 * 12).first_day_since_epoch();
        let last = Self(2200 * 12).first_day_since_epoch();
        if !(first..last).contains(&day) {
            return Err(MonthError(format!("day {day}")));
        }
        // The guess errs on the late side: years of 365 days after 1970, of 366 before.
        let years = if day >= 0 { day / 365 } else { day.div_euclid(366) };
        let mut month = Self((1971 + years) * 12);
        while month.first_day_since_epoch() > day {
            month = month.plus(-1);
        }
        Ok(month)
    }

    /// `September 2017`.
    #[must_use]
    pub fn long(self) -> String {
        const NAMES: [&str; 12] =
            ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
        let name = NAMES.get(usize::from(self.number()) - 1).copied().unwrap_or_default();
        format!("{name} {}", self.year())
    }

    /// `Sep 2017`.
    #[must_use]
    pub fn short(self) -> String {
        let long = self.long();
        format!("{} {}", long.get(..3).unwrap_or_default(), self.year())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year(), self.number())
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let wrong = || MonthError(text.chars().take(20).collect());
        let (year, number) = text.split_once('-').ok_or_else(wrong)?;
        if year.len() != 4 || number.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Err(wrong());
        }
        let (Ok(year), Ok(number)) = (year.parse(), number.parse()) else { return Err(wrong()) };
        Self::new(year, number)
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

impl TryFrom<String> for Month {
    type Error = MonthError;

    fn try_from(text: String) -> Result<Self, MonthError> {
        text.parse()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Month;

    #[test]
    fn days_since_epoch_agree_with_the_calendar() {
        // GNU date: $(( $(date -ud 2017-09-01 +%s) / 86400 )) and likewise.
        for (text, day) in [("1970-01", 0), ("2017-09", 17_410), ("2000-03", 11_017), ("1900-01", -25_567), ("2100-03", 47_541)] {
            let month: Month = text.parse().unwrap();
            assert_eq!(month.first_day_since_epoch(), day, "{text}");
            assert_eq!(Month::of_day_since_epoch(day).unwrap(), month);
            assert_eq!(Month::of_day_since_epoch(day + 27).unwrap(), month);
            assert_eq!(Month::of_day_since_epoch(day - 1).ok(), (text != "1900-01").then(|| month.plus(-1)));
        }
    }

    #[test]
    fn only_real_months_parse() {
        for text in ["2017-13", "2017-00", "1899-12", "2200-01", "2017-9", "+017-09", "201709", "", "２０１７-09"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
        assert_eq!("2017-09".parse::<Month>().unwrap().to_string(), "2017-09");
        assert_eq!("2017-09".parse::<Month>().unwrap().long(), "September 2017");
    }
}
