//! Values of a row: parsed once, exactly, without floats.

use signpost_core::{Month, OrgCode};

use crate::RowProblem;

/// A decimal number in thousandths. Trailing zeros beyond the third decimal are let pass.
pub(crate) fn thousandths(text: &[u8]) -> Result<u64, RowProblem> {
    let text = digits_first(text)?;
    let point = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let (whole, fraction) = text.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    let mut total = 0_u64;
    let mut push = |byte: u8| -> Result<(), RowProblem> {
        if !byte.is_ascii_digit() {
            return Err(RowProblem::NotNumber);
        }
        let digit = u64::from(byte.wrapping_sub(b'0'));
        total = total.checked_mul(10).and_then(|ten| ten.checked_add(digit)).ok_or(RowProblem::TooLarge)?;
        Ok(())
    };
    whole.iter().try_for_each(|&byte| push(byte))?;
    for place in 0..3 {
        push(fraction.get(place).copied().unwrap_or(b'0'))?;
    }
    match fraction.get(3..).unwrap_or_default() {
        rest if !rest.iter().all(u8::is_ascii_digit) => Err(RowProblem::NotNumber),
        rest if rest.iter().any(|&byte| byte != b'0') => Err(RowProblem::TooFine),
        _ => Ok(total),
    }
}

/// A whole number; `12.0` is one too.
pub(crate) fn whole(text: &[u8]) -> Result<u32, RowProblem> {
    let thousandths = thousandths(text)?;
    if !thousandths.is_multiple_of(1000) {
        return Err(RowProblem::NotWhole);
    }
    u32::try_from(thousandths / 1000).map_err(|_| RowProblem::TooLarge)
}

/// The cheap part of the check: all that a skipped row's numbers are asked.
pub(crate) fn digits_first(text: &[u8]) -> Result<&[u8], RowProblem> {
    match text.first() {
        Some(byte) if byte.is_ascii_digit() => Ok(text),
        Some(b'-') => Err(RowProblem::Negative),
        _ => Err(RowProblem::NotNumber),
    }
}

/// A month as the prescribing files write it: `201401`, `2017_09` or `2025-04`.
pub(crate) fn month(text: &[u8]) -> Result<Month, RowProblem> {
    let (year, number) = match text {
        [year @ .., tens, ones] if year.len() == 4 => (year, [*tens, *ones]),
        [year @ .., b'_' | b'-', tens, ones] if year.len() == 4 => (year, [*tens, *ones]),
        _ => return Err(RowProblem::NotMonth),
    };
    calendar(year, &number).ok_or(RowProblem::NotMonth)
}

/// The month of a date as the list-size and organisation files write it. The day is checked to be
/// one, and dropped.
pub(crate) fn month_of_date(text: &[u8]) -> Result<Month, RowProblem> {
    read_date(text).ok_or(RowProblem::NotDate)
}

fn read_date(text: &[u8]) -> Option<Month> {
    let parts: Vec<&[u8]> = text.split(|byte| matches!(byte, b'-' | b'/' | b' ')).collect();
    let (year, month, day) = match parts.as_slice() {
        [together] => match together.len() {
            8 => (together.get(..4)?, together.get(4..6)?, together.get(6..)?),
            9 => (together.get(5..)?, together.get(2..5)?, together.get(..2)?),
            _ => return None,
        },
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [day, month, year] => (*year, *month, *day),
        _ => return None,
    };
    let number = match month.len() {
        2 => number(month)?,
        3 => {
            const NAMES: [&[u8]; 12] = [b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC"];
            let place = NAMES.iter().position(|name| month.eq_ignore_ascii_case(name))?;
            u32::try_from(place).ok()?.checked_add(1)?
        }
        _ => return None,
    };
    let year = match year.len() {
        2 => number_of_century(year)?,
        4 => self::number(year)?,
        _ => return None,
    };
    let month = Month::new(i32::try_from(year).ok()?, number).ok()?;
    let day = self::number(day).filter(|_| day.len() == 2)?;
    (1..=u32::from(month.days())).contains(&day).then_some(month)
}

/// No list of patients was published before 2000.
fn number_of_century(two: &[u8]) -> Option<u32> {
    number(two)?.checked_add(2000)
}

fn calendar(year: &[u8], month: &[u8]) -> Option<Month> {
    Month::new(i32::try_from(number(year)?).ok()?, number(month)?).ok()
}

fn number(text: &[u8]) -> Option<u32> {
    let plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

/// An organisation code.
pub(crate) fn code(text: &[u8]) -> Result<OrgCode, RowProblem> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(RowProblem::NotOrgCode)
}

/// An organisation code that may be absent (nothing, or the `-` of unidentified prescribers).
pub(crate) fn optional_code(text: &[u8]) -> Result<Option<OrgCode>, RowProblem> {
    match text {
        b"" | b"-" => Ok(None),
        text => code(text).map(Some),
    }
}

/// A sub-ICB location's code without the `00` that prescribing files append: `11M00` is `11M`.
pub(crate) fn sub_icb(text: &[u8]) -> &[u8] {
    match text {
        [code @ .., b'0', b'0'] if code.len() == 3 || code.len() == 5 => code,
        code => code,
    }
}

/// A BNF presentation code.
pub(crate) fn bnf(text: &[u8]) -> Result<&str, RowProblem> {
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let fits = matches!(text.len(), 11 | 15) && text.iter().all(plain);
    std::str::from_utf8(text).ok().filter(|_| fits).ok_or(RowProblem::NotBnfCode)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact_to_a_thousandth() {
        for (text, value) in [
            ("168.0", 168_000),
            ("62.5", 62_500),
            ("0.125", 125),
            ("0000012", 12_000),
            ("7", 7_000),
            ("7.", 7_000),
            ("0.1000", 100),
            ("18446744073709551.615", u64::MAX),
            ("0", 0),
        ] {
            assert_eq!(thousandths(text.as_bytes()), Ok(value), "{text}");
        }
        for (text, problem) in [
            ("-1.0", RowProblem::Negative),
            ("", RowProblem::NotNumber),
            ("1.2.3", RowProblem::NotNumber),
            ("1e5", RowProblem::NotNumber),
            ("+1", RowProblem::NotNumber),
            (".5", RowProblem::NotNumber),
            ("1,000", RowProblem::NotNumber),
            ("0.0625", RowProblem::TooFine),
            ("1.000x", RowProblem::NotNumber),
            ("18446744073709551.616", RowProblem::TooLarge),
            ("NaN", RowProblem::NotNumber),
        ] {
            assert_eq!(thousandths(text.as_bytes()), Err(problem), "{text}");
        }
        assert_eq!(whole(b"12.0"), Ok(12));
        assert_eq!(whole(b"12.5"), Err(RowProblem::NotWhole));
        assert_eq!(whole(b"4294967296"), Err(RowProblem::TooLarge));
    }

    #[test]
    fn months_and_dates_of_every_era() {
        // Spellings listed in the README of the sample files.
        for text in ["201709", "2017_09", "2017-09"] {
            assert_eq!(month(text.as_bytes()).unwrap().to_string(), "2017-09", "{text}");
        }
        for text in ["2017_13", "2017_9", "17_09", "2017/09", "", "Sep-17", "201700", "1899-12", "20170901"] {
            assert_eq!(month(text.as_bytes()), Err(RowProblem::NotMonth), "{text}");
        }
        for text in ["01SEP2017", "01-Sep-17", "01-Sep-2017", "2017-09-01", "20170901", "01/09/2017", "01/09/17"] {
            assert_eq!(month_of_date(text.as_bytes()).unwrap().to_string(), "2017-09", "{text}");
        }
        for text in ["31SEP2017", "00SEP2017", "01SEX2017", "2017-09", "1-9-17", "", "----", "Łódź 2017"] {
            assert_eq!(month_of_date(text.as_bytes()), Err(RowProblem::NotDate), "{text}");
        }
    }

    #[test]
    fn codes_lose_only_what_the_files_append() {
        assert_eq!(sub_icb(b"11M00"), b"11M");
        assert_eq!(sub_icb(b"5PN00"), b"5PN");
        assert_eq!(sub_icb(b"X2C4Y"), b"X2C4Y");
        assert_eq!(sub_icb(b"00Q"), b"00Q");
        assert_eq!(optional_code(b"-"), Ok(None));
        assert_eq!(bnf(b"0407010F0AAAKAK"), Ok("0407010F0AAAKAK"));
        assert_eq!(bnf(b"20030100373"), Ok("20030100373"));
        assert_eq!(bnf(b"0407010F0"), Err(RowProblem::NotBnfCode));
    }
}
