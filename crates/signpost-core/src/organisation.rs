use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A code of the Organisation Data Service: 1 to 12 capital letters and digits, never parsed further.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OrgCode(String);

/// A text that is not an organisation code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an organisation code: write 1 to 12 capital letters and digits")]
pub struct OrgCodeError;

impl OrgCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrgCode {
    type Err = OrgCodeError;

    fn from_str(text: &str) -> Result<Self, OrgCodeError> {
        let fits = (1..=12).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if fits && plain { Ok(Self(text.to_owned())) } else { Err(OrgCodeError) }
    }
}

impl TryFrom<String> for OrgCode {
    type Error = OrgCodeError;

    fn try_from(text: String) -> Result<Self, OrgCodeError> {
        text.parse()
    }
}

impl From<OrgCode> for String {
    fn from(code: OrgCode) -> Self {
        code.0
    }
}

impl fmt::Display for OrgCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Levels of the NHS in England, smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A general practice.
    Practice,
    /// A primary care network.
    Pcn,
    /// A sub-ICB location, once a CCG.
    SubIcb,
    /// An integrated care board.
    Icb,
    /// An NHS region.
    Region,
    /// The whole country; its one code is `ENGLAND`.
    England,
}

impl Level {
    /// Every level, smallest first.
    pub const ALL: [Self; 6] = [Self::Practice, Self::Pcn, Self::SubIcb, Self::Icb, Self::Region, Self::England];

    /// The word stored in tables and urls.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practice => "practice",
            Self::Pcn => "pcn",
            Self::SubIcb => "sub_icb",
            Self::Icb => "icb",
            Self::Region => "region",
            Self::England => "england",
        }
    }

    /// The level of a stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::OrgCode;

    #[test]
    fn codes_are_capital_letters_and_digits() {
        for good in ["L84018", "U49574", "11M", "QOX", "Y57", "ENGLAND"] {
            assert!(good.parse::<OrgCode>().is_ok(), "{good}");
        }
        for bad in ["", "l84018", "L84 18", "L84018'", "1234567890123", "Ł84018"] {
            assert!(bad.parse::<OrgCode>().is_err(), "{bad}");
        }
    }
}
