use crate::{Measure, MeasureError};

/// The measures of a run, in the order of screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    measures: Vec<Measure>,
}

/// The measure files that come with signpost, in the order of screens.
const STANDARD: [(&str, &str); 7] = [
    ("opioidper1000_90.toml", include_str!("../measures/opioidper1000_90.toml")),
    ("opioidspercent_90.toml", include_str!("../measures/opioidspercent_90.toml")),
    ("opioidome.toml", include_str!("../measures/opioidome.toml")),
    ("opioidper1000_120.toml", include_str!("../measures/opioidper1000_120.toml")),
    ("opioidspercent_120.toml", include_str!("../measures/opioidspercent_120.toml")),
    ("gabapentinoid_ddd.toml", include_str!("../measures/gabapentinoid_ddd.toml")),
    ("opioidome_op2020.toml", include_str!("../measures/opioidome_op2020.toml")),
];

impl Library {
    /// The measures that come with signpost.
    ///
    /// # Errors
    /// When one of them is not valid (a test reads them all).
    pub fn standard() -> Result<Self, MeasureError> {
        Self::of(STANDARD.into_iter().map(|(file, text)| Measure::read(file, text)).collect::<Result<_, _>>()?)
    }

    /// The given measures, after the standard ones' example: ids are unique.
    ///
    /// # Errors
    /// When two measures have one id.
    pub fn of(measures: Vec<Measure>) -> Result<Self, MeasureError> {
        let mut ids: Vec<&str> = measures.iter().map(|measure| measure.id.as_str()).collect();
        ids.sort_unstable();
        match ids.windows(2).find(|pair| pair.first() == pair.get(1)).and_then(|pair| pair.first()) {
            Some(id) => {
                Err(MeasureError::Content { measure: (*id).to_owned(), what: "two files define it: give one of them another id".into() })
            }
            None => Ok(Self { measures }),
        }
    }

    /// The standard measures followed by further files, each `(file name, text)`.
    ///
    /// # Errors
    /// When a file is not valid, or defines an id that exists.
    pub fn with(files: &[(String, String)]) -> Result<Self, MeasureError> {
        let mut measures = Self::standard()?.measures;
        for (file, text) in files {
            measures.push(Measure::read(file, text)?);
        }
        Self::of(measures)
    }

    /// The measure of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.id == id)
    }

    /// Every measure, in the order of screens.
    pub fn iter(&self) -> impl Iterator<Item = &Measure> {
        self.measures.iter()
    }

    /// The factor sets that doses are needed in, sorted.
    #[must_use]
    pub fn factor_sets(&self) -> Vec<&str> {
        let mut sets: Vec<&str> = self.measures.iter().filter_map(Measure::factor_set).collect();
        sets.sort_unstable();
        sets.dedup();
        sets
    }

    /// Revision of the whole: it rises when any definition's does.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.measures.iter().map(|measure| measure.revision).sum()
    }
}
