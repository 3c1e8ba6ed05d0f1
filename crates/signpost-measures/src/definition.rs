use serde::Deserialize;

/// A measure: what is counted, per what, and what a change of it means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Its id: lower-case letters, digits and underscores.
    pub id: String,
    /// Revision of the definition, from 1; raise it whenever a number could change.
    pub revision: u32,
    /// Its title on screens.
    pub title: String,
    /// Why a board should care; plain English.
    pub why_it_matters: String,
    /// The unit of its values.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// Whether it has charts and signals of its own.
    pub standing: Standing,
    /// Who may see it, and how.
    pub disclosure: Disclosure,
    /// Where the definition comes from.
    pub source: String,
    /// Who reviewed it clinically.
    pub reviewer: String,
    /// What is counted.
    pub numerator: Total,
    /// Per what.
    pub denominator: Denominator,
}

/// A sum over a practice's lines of one month.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// In words.
    pub words: String,
    /// What is summed.
    pub quantity: Quantity,
    /// Over which lines.
    #[serde(default)]
    pub filter: Filter,
    /// The factor set; for [`Quantity::Ome`], and only for it.
    #[serde(default)]
    pub factor_set: Option<String>,
}

/// What a numerator is divided by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Denominator {
    /// Registered patients, in thousands.
    ListSizeThousands {
        /// In words.
        words: String,
    },
    /// A sum over lines of the same month, times 100: the value is a percentage.
    Percent(Total),
}

/// What can be summed over lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Prescription items.
    Items,
    /// Oral morphine equivalent, counted in 1/10,000 microgram, shown in mg.
    Ome,
    /// Defined daily doses, counted in millionths.
    Ddd,
}

impl Quantity {
    /// Counting units per display unit.
    #[must_use]
    pub fn scale(self) -> f64 {
        match self {
            Self::Items => 1.0,
            Self::Ome => 1e7,
            Self::Ddd => 1e6,
        }
    }
}

/// Which lines a sum takes; every condition given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// BNF codes that begin with one of these; empty takes all.
    #[serde(default)]
    pub bnf_prefixes: Vec<String>,
    /// Only products of the high-dose rule at this threshold, 90 or 120 mg OME a day.
    #[serde(default)]
    pub high_dose_mg: Option<u16>,
    /// Only modified-release and patch products to which the high-dose rule applies.
    #[serde(default)]
    pub regular: bool,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Lower is better.
    Lower,
    /// Higher is better.
    Higher,
    /// Neither by itself.
    None,
}

impl Direction {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::None => "none",
        }
    }
}

/// Whether a measure stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Charts, signals, a place on the overview.
    Main,
    /// Another version of a main measure, kept beside it: numbers only.
    Restated,
}

impl Standing {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Restated => "restated",
        }
    }
}

/// How a measure is disclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disclosure {
    /// Built on open data; shown whole.
    Open,
}

/// A measure file that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// Not TOML, a key is unknown or missing, or a value isn't in its list.
    #[error("measure file {file}: {what}")]
    Form {
        /// The file.
        file: String,
        /// What is wrong, with its line.
        what: String,
    },
    /// A value that contradicts another.
    #[error("measure {measure}: {what}")]
    Content {
        /// The measure.
        measure: String,
        /// What is wrong and what to write instead.
        what: String,
    },
}

impl Measure {
    /// Reads one file's text; `file` is named in errors.
    ///
    /// # Errors
    /// When the text has another form or contradicts itself.
    pub fn read(file: &str, text: &str) -> Result<Self, MeasureError> {
        let measure: Self = toml::from_str(text)
            .map_err(|error| MeasureError::Form { file: file.into(), what: error.to_string().trim().replace('\n', " ") })?;
        measure.check().map_err(|what| MeasureError::Content { measure: measure.id.clone(), what })?;
        Ok(measure)
    }

    /// The factor set of its doses, or none where doses don't enter.
    #[must_use]
    pub fn factor_set(&self) -> Option<&str> {
        self.numerator.factor_set.as_deref()
    }

    /// Its value from exact counts: `None` where the denominator is 0.
    #[must_use]
    pub fn value(&self, numerator: u128, denominator: u128) -> Option<f64> {
        (denominator > 0).then(|| self.shown_numerator(numerator) / self.shown_denominator(denominator) * self.percent())
    }

    /// The numerator in its display unit.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // display: 15 digits are enough for any total
    pub fn shown_numerator(&self, exact: u128) -> f64 {
        exact as f64 / self.numerator.quantity.scale()
    }

    /// The denominator in its display unit.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn shown_denominator(&self, exact: u128) -> f64 {
        match &self.denominator {
            Denominator::ListSizeThousands { .. } => exact as f64 / 1e3,
            Denominator::Percent(total) => exact as f64 / total.quantity.scale(),
        }
    }

    fn percent(&self) -> f64 {
        if matches!(self.denominator, Denominator::Percent(_)) { 100.0 } else { 1.0 }
    }

    fn check(&self) -> Result<(), String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(3..=40).contains(&self.id.len()) || !self.id.bytes().all(plain) {
            return Err("an id is 3 to 40 lower-case letters, digits and underscores".into());
        }
        if self.revision == 0 {
            return Err("revisions are counted from 1".into());
        }
        self.numerator.check()?;
        if let Denominator::Percent(total) = &self.denominator {
            total.check()?;
            if total.quantity != self.numerator.quantity {
                return Err("a percentage divides equal quantities: give numerator and denominator the same one".into());
            }
        }
        Ok(())
    }
}

impl Total {
    fn check(&self) -> Result<(), String> {
        match (self.quantity, &self.factor_set) {
            (Quantity::Ome, None) => return Err("quantity \"ome\" needs a factor_set, such as \"op2024\"".into()),
            (Quantity::Items | Quantity::Ddd, Some(_)) => return Err("only quantity \"ome\" takes a factor_set".into()),
            _ => {}
        }
        if self.filter.high_dose_mg.is_some_and(|mg| mg != 90 && mg != 120) {
            return Err("high_dose_mg is 90 or 120".into());
        }
        let code =
            |text: &String| (2..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !self.filter.bnf_prefixes.iter().all(code) {
            return Err("a BNF prefix is 2 to 15 capital letters and digits".into());
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Measure;
    use crate::Library;

    #[test]
    fn values_are_what_a_hand_computes() {
        let library = Library::standard().unwrap();
        // 225,757.1 mg over 6,939 patients is 32,534.5295 mg per 1,000 (golden_201709.csv, B85010).
        let ome = library.get("opioidome").unwrap().value(2_257_571_000_000, 6_939).unwrap();
        assert!((ome - 32_534.529_5).abs() < 5e-5, "{ome}");
        // 9 of 72 items is 12.5 per cent.
        let share = library.get("opioidspercent_90").unwrap().value(9, 72).unwrap();
        assert!((share - 12.5).abs() < 1e-12, "{share}");
        assert_eq!(library.get("opioidome").unwrap().value(1, 0), None);
    }

    #[test]
    fn a_contradiction_or_typo_is_refused_with_what_to_do() {
        let good = include_str!("../measures/opioidome.toml");
        for (from, to, says) in [
            ("factor_set = \"op2024\"", "", "needs a factor_set"),
            ("quantity = \"ome\"", "quantity = \"omes\"", "omes"),
            ("why_it_matters", "why_it_mattered", "why_it_mattered"),
            ("id = \"opioidome\"", "id = \"Opioid OME\"", "lower-case"),
            ("revision = 1", "revision = 0", "counted from 1"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Measure::read("opioidome.toml", &good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
