use std::collections::{BTreeMap, BTreeSet};

use signpost_core::{Level, OrgCode};
use signpost_events::Organisation;

use crate::rows;

/// The NHS prescribing setting of a general practice; no other is summed upwards.
const GENERAL_PRACTICE: u8 = 4;
/// The code of the whole country.
const ENGLAND: &str = "ENGLAND";

/// Which practices each organisation sums: current membership, as OpenPrescribing has it, so that a
/// practice which moves takes its history along.
pub(crate) struct Membership<'a> {
    described: BTreeMap<(Level, &'a str), &'a Organisation>,
    /// Level and code to practices, in order.
    pub(crate) places: BTreeMap<(Level, String), Vec<&'a str>>,
}

impl<'a> Membership<'a> {
    pub(crate) fn of(organisations: &'a [Organisation], practices: &BTreeSet<&'a str>) -> Self {
        let described: BTreeMap<(Level, &str), &Organisation> =
            organisations.iter().map(|organisation| ((organisation.level, organisation.code.as_str()), organisation)).collect();
        let mut places: BTreeMap<(Level, String), Vec<&str>> = BTreeMap::new();
        for &practice in practices {
            places.entry((Level::Practice, practice.to_owned())).or_default().push(practice);
            let Some(organisation) = described.get(&(Level::Practice, practice)).filter(|one| one.setting == Some(GENERAL_PRACTICE)) else {
                continue;
            };
            for (level, code) in above(organisation) {
                places.entry((level, code)).or_default().push(practice);
            }
        }
        Self { described, places }
    }

    /// Whether a practice is described at all.
    pub(crate) fn is_known(&self, practice: &str) -> bool {
        self.described.contains_key(&(Level::Practice, practice))
    }

    /// The practices of a site, which may be a practice or a larger organisation.
    pub(crate) fn practices_of(&self, site: &OrgCode) -> Vec<&'a str> {
        let found = Level::ALL.iter().find_map(|level| self.places.get(&(*level, site.as_str().to_owned())));
        found.cloned().unwrap_or_default()
    }

    pub(crate) fn rows(&self) -> Vec<rows::Organisation> {
        let row = |((level, code), practices): (&(Level, String), &Vec<&str>)| {
            let described = self.described.get(&(*level, code.as_str())).copied();
            let member = practices.first().and_then(|practice| self.described.get(&(Level::Practice, *practice))).copied();
            let place = |of: Level, field: fn(&Organisation) -> Option<&OrgCode>| {
                // A larger organisation stands where its practices do, unless somebody says otherwise.
                let said = described.and_then(field).or_else(|| member.and_then(field));
                said.filter(|_| of > *level).map(ToString::to_string).unwrap_or_default()
            };
            rows::Organisation {
                level: level.to_string(),
                organisation: code.clone(),
                name: match described {
                    Some(organisation) => organisation.name.clone(),
                    None if *level == Level::England => "England".to_owned(),
                    None => code.clone(),
                },
                pcn: place(Level::Pcn, |one| one.pcn.as_ref()),
                sub_icb: place(Level::SubIcb, |one| one.sub_icb.as_ref()),
                icb: place(Level::Icb, |one| one.icb.as_ref()),
                region: place(Level::Region, |one| one.region.as_ref()),
                practices: u32::try_from(practices.len()).unwrap_or(u32::MAX),
            }
        };
        self.places.iter().map(row).collect()
    }

    pub(crate) fn name(&self, level: Level, code: &str) -> String {
        self.described.get(&(level, code)).map_or_else(|| code.to_owned(), |one| one.name.clone())
    }
}

/// The organisations above a practice.
fn above(practice: &Organisation) -> Vec<(Level, String)> {
    let code = |level, code: &Option<OrgCode>| code.as_ref().map(|code| (level, code.to_string()));
    [
        code(Level::Pcn, &practice.pcn),
        code(Level::SubIcb, &practice.sub_icb),
        code(Level::Icb, &practice.icb),
        code(Level::Region, &practice.region),
        Some((Level::England, ENGLAND.to_owned())),
    ]
    .into_iter()
    .flatten()
    .collect()
}
