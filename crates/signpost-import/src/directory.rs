//! Who belongs where, gathered from rows in any order.

use std::collections::BTreeMap;

use signpost_core::{Level, Month, OrgCode};
use signpost_events::Organisation;

/// An organisation above a practice; the name is empty where a file gives the code only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    pub(crate) code: OrgCode,
    pub(crate) name: String,
}

/// A practice and all it belongs to, as one row or one month says. The order is total, so that of
/// two contradicting rows the greater stands, whichever came first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Membership {
    pub(crate) practice: OrgCode,
    pub(crate) name: String,
    pub(crate) setting: Option<u8>,
    pub(crate) pcn: Option<Named>,
    pub(crate) sub_icb: Option<Named>,
    pub(crate) icb: Option<Named>,
    pub(crate) region: Option<Named>,
}

impl Membership {
    /// Takes from `other` what this one does not know.
    pub(crate) fn fill(&mut self, other: Self) {
        fn fill_named(mine: &mut Option<Named>, other: Option<Named>) {
            match (mine, other) {
                (mine @ None, other) => *mine = other,
                (Some(mine), Some(other)) if mine.code == other.code && mine.name.is_empty() => mine.name = other.name,
                _ => {}
            }
        }
        if self.name.is_empty() {
            self.name = other.name;
        }
        self.setting = self.setting.or(other.setting);
        fill_named(&mut self.pcn, other.pcn);
        fill_named(&mut self.sub_icb, other.sub_icb);
        fill_named(&mut self.icb, other.icb);
        fill_named(&mut self.region, other.region);
    }
}

/// The organisations of a command, each with its newest description.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    organisations: BTreeMap<(Level, OrgCode), Organisation>,
}

impl Directory {
    /// Takes note of a practice and of every organisation above it that has a name.
    pub(crate) fn note(&mut self, member: &Membership, as_of: Month) {
        let code = |named: &Option<Named>| named.as_ref().map(|named| named.code.clone());
        let (sub_icb, icb, region) = (code(&member.sub_icb), code(&member.icb), code(&member.region));
        let above = |level, named: &Named| Organisation {
            code: named.code.clone(),
            level,
            name: named.name.clone(),
            as_of,
            setting: None,
            pcn: None,
            sub_icb: sub_icb.clone().filter(|_| level < Level::SubIcb),
            icb: icb.clone().filter(|_| level < Level::Icb),
            region: region.clone().filter(|_| level < Level::Region),
        };
        let levels =
            [(Level::Pcn, &member.pcn), (Level::SubIcb, &member.sub_icb), (Level::Icb, &member.icb), (Level::Region, &member.region)];
        for (level, named) in levels {
            if let Some(named) = named.as_ref().filter(|named| !named.name.is_empty()) {
                self.keep_newest(above(level, named));
            }
        }
        let name = if member.name.is_empty() { member.practice.as_str() } else { &member.name };
        self.keep_newest(Organisation {
            code: member.practice.clone(),
            level: Level::Practice,
            name: name.to_owned(),
            as_of,
            setting: member.setting,
            pcn: code(&member.pcn),
            sub_icb: sub_icb.clone(),
            icb: icb.clone(),
            region: region.clone(),
        });
    }

    fn keep_newest(&mut self, organisation: Organisation) {
        type Rank<'a> = (Month, &'a str, Option<u8>, &'a Option<OrgCode>, &'a Option<OrgCode>, &'a Option<OrgCode>, &'a Option<OrgCode>);
        fn rank(one: &Organisation) -> Rank<'_> {
            (one.as_of, &one.name, one.setting, &one.pcn, &one.sub_icb, &one.icb, &one.region)
        }
        let key = (organisation.level, organisation.code.clone());
        match self.organisations.get_mut(&key) {
            Some(known) if rank(known) >= rank(&organisation) => {}
            Some(known) => *known = organisation,
            None => drop(self.organisations.insert(key, organisation)),
        }
    }

    /// All of them, sorted by level and code.
    pub(crate) fn into_organisations(self) -> Vec<Organisation> {
        self.organisations.into_values().collect()
    }
}
