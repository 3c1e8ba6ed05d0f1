use jiff::civil::Date;
use signpost_core::ErrorKind;

/// A declaration that can't be used: one line that names the file, the line and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{file}{}: {fault}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct DeclarationError {
    /// The file's name as given.
    pub file: String,
    /// The line, from 1; none where the fault is that something is absent.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

impl DeclarationError {
    /// Always the data's fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Data
    }
}

/// What is wrong with a declaration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Larger than any declaration.
    #[error("larger than {max_bytes} bytes: is this the right file? a declaration is a short TOML file")]
    TooLarge {
        /// The limit.
        max_bytes: usize,
    },
    /// Not TOML, a key is unknown or missing, or a value has another type.
    #[error("{0}")]
    Form(String),
    /// The id is not an id.
    #[error("id: {0}")]
    Id(String),
    /// A text is empty or too long.
    #[error("{key}: {bytes} bytes; write 1 to {max_bytes}")]
    Text {
        /// The key.
        key: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// No such kind.
    #[error("kind: {given:?} is not known{}; write one of {}", meant(.nearest.as_deref()), .known.join(", "))]
    UnknownKind {
        /// As given.
        given: String,
        /// The most similar one.
        nearest: Option<String>,
        /// Every kind.
        known: Vec<String>,
    },
    /// No site.
    #[error("no site: add [[site]] with code and start")]
    NoSite,
    /// Not an organisation code.
    #[error("site {given:?}: an organisation code is 1 to 12 capital letters and digits")]
    SiteCode {
        /// As given.
        given: String,
    },
    /// One site twice.
    #[error("site {site}: it is already declared on line {first_line}; keep one of the two")]
    DuplicateSite {
        /// The site.
        site: String,
        /// Where it came first.
        first_line: usize,
    },
    /// Not a date.
    #[error("{key}: {given} is not a date; write a day as 2024-04-01")]
    NotADate {
        /// The key.
        key: &'static str,
        /// As given.
        given: String,
    },
    /// A date that no data can cover.
    #[error("{key}: {date} is outside 2000-01-01 to 2099-12-30; check the year")]
    DateOutOfRange {
        /// The key.
        key: &'static str,
        /// The date.
        date: Date,
    },
    /// A site ends before it starts.
    #[error("site {site}: its end {end} is before its start {start}; correct one of them, or leave end out while it runs")]
    EndBeforeStart {
        /// The site.
        site: String,
        /// Its first day.
        start: Date,
        /// Its last day.
        end: Date,
    },
    /// No such measure.
    #[error("measure: {given:?} is not known{}; write one of {}", meant(.nearest.as_deref()), .known.join(", "))]
    UnknownMeasure {
        /// As given.
        given: String,
        /// The most similar one.
        nearest: Option<String>,
        /// Every measure.
        known: Vec<String>,
    },
    /// One measure twice.
    #[error("measure {measure}: it is already an outcome; a measure has one role, so keep one of the two")]
    DuplicateMeasure {
        /// The measure.
        measure: String,
    },
    /// None or several primary outcomes.
    #[error("{count} primary outcomes ({}): exactly one carries the verdict; give the others another role", .measures.join(", "))]
    PrimaryCount {
        /// How many.
        count: usize,
        /// Which.
        measures: Vec<String>,
    },
    /// A horizon outside 1 to 60.
    #[error("horizon_months: {0} is outside 1 to 60")]
    Horizon(i64),
    /// A margin outside 0 to 100, or not a number.
    #[error("margin_percent: {0} is outside 0 to 100")]
    Margin(f64),
    /// A margin on an outcome that is not balancing.
    #[error("margin_percent: only a balancing outcome tolerates harm; leave it out, or write role = \"balancing\"")]
    MarginNotBalancing,
}

/// Sites that no imported organisation list knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", unknown_sites(.0))]
pub struct UnknownSites(
    /// Each unknown code with the known one most like it.
    pub Vec<(String, Option<String>)>,
);

fn unknown_sites(sites: &[(String, Option<String>)]) -> String {
    let named: Vec<String> = sites.iter().take(5).map(|(code, nearest)| format!("{code}{}", meant(nearest.as_deref()))).collect();
    let more = if sites.len() > 5 { format!(" and {} more", sites.len() - 5) } else { String::new() };
    format!("unknown site {}{more}: correct the code, or import the list of practices that has it", named.join(", "))
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(" (did you mean {nearest}?)")).unwrap_or_default()
}

/// The candidate most like `given`, if one is like enough to be a slip of the pen.
pub(super) fn nearest<'a>(given: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let close = given.chars().count() / 3 + 1;
    candidates
        .map(|candidate| (edits(given, candidate), candidate))
        .filter(|(edits, _)| *edits <= close)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// Single-character insertions, deletions and replacements between two texts (Levenshtein).
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for ((&diagonal, &over), &other) in above.iter().zip(above.iter().skip(1)).zip(&right) {
            let before = current.last().copied().unwrap_or_default();
            current.push((diagonal + usize::from(letter != other)).min(over + 1).min(before + 1));
        }
        above = current;
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{edits, nearest};

    #[test]
    fn edits_are_counted_as_levenshtein_did() {
        // The textbook pairs (Wagner and Fischer 1974 and after).
        for (left, right, count) in [("kitten", "sitting", 3), ("saturday", "sunday", 3), ("", "abc", 3), ("abc", "abc", 0)] {
            assert_eq!(edits(left, right), count, "{left} {right}");
        }
        assert_eq!(nearest("opioidomme", ["opioidome", "gabapentinoid_ddd"].into_iter()).as_deref(), Some("opioidome"));
        assert_eq!(nearest("zzz", ["opioidome"].into_iter()), None);
    }
}
