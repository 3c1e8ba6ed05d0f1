use std::collections::BTreeMap;

use signpost_core::{Level, Month, OrgCode};
use signpost_events::Organisation;

use crate::randomness::Stream;
use crate::series::Temper;

/// How large the invented England is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Boards; the first is the one to look at.
    pub boards: usize,
    /// Months of history.
    pub months: usize,
}

/// Practices of one board: six networks of these sizes.
const NETWORKS: [usize; 6] = [6, 6, 7, 7, 7, 7];
/// Practices of a board.
const PRACTICES: usize = 40;

impl Shape {
    /// One board of 6 networks and 40 practices, 400 further practices, 60 months.
    pub const DEMO: Self = Self { boards: 11, months: 60 };
    /// The smallest in which every answer can be given: 40 practices and 80 others, 54 months.
    pub const SMALL: Self = Self { boards: 3, months: 54 };
    /// As many practices as England has.
    pub const ENGLAND: Self = Self { boards: 158, months: 60 };

    /// The first month; the last one is June 2026.
    pub(crate) fn first_month(self) -> Month {
        let last = Month::new(2026, 6).unwrap_or_else(|_| unreachable!("June 2026 is a month"));
        last.plus(1 - i32::try_from(self.months).unwrap_or(0))
    }
}

/// An invented practice.
pub(crate) struct Practice {
    pub(crate) number: u64,
    pub(crate) code: OrgCode,
    pub(crate) pcn: OrgCode,
    sub_icb: OrgCode,
    icb: OrgCode,
    region: OrgCode,
    size: f64,
    growth: f64,
    pub(crate) temper: Temper,
}

fn code(text: &str) -> OrgCode {
    text.parse().unwrap_or_else(|_| unreachable!("{text} is made of capital letters and digits"))
}

/// The network of the board whose high-dose items rise.
pub(crate) fn rising_pcn() -> OrgCode {
    code("SYNPCN0106")
}

/// The month from which they do, counted from the first.
pub(crate) fn rise_index(shape: Shape) -> i32 {
    i32::try_from(shape.months).unwrap_or(0) - 12
}

impl Practice {
    /// Registered patients in a month.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub(crate) fn patients(&self, index: usize) -> u32 {
        (self.size * (1.0 + self.growth * index as f64)).max(500.0) as u32
    }
}

pub(crate) fn practices(seed: u64, shape: Shape) -> Vec<Practice> {
    let mut practices = Vec::with_capacity(shape.boards * PRACTICES);
    for board in 1..=shape.boards {
        for (network, size) in (1..).zip(NETWORKS) {
            for _ in 0..size {
                practices.push(practice(seed, practices.len() as u64 + 1, board, network, shape.months));
            }
        }
    }
    practices
}

fn practice(seed: u64, number: u64, board: usize, network: usize, months: usize) -> Practice {
    let mut stream = Stream::new(seed, 1, number);
    Practice {
        number,
        code: code(&format!("SYN{number:05}")),
        pcn: code(&format!("SYNPCN{board:02}{network:02}")),
        sub_icb: code(&format!("SYNLOC{board:02}{}", network.div_ceil(3))),
        icb: code(&format!("SYNICB{board:02}")),
        region: code(&format!("SYNREG{}", (board - 1) / 6 + 1)),
        size: 9_000.0 * (0.45 * stream.normal()).clamp(-0.9, 0.9).exp(),
        growth: 0.001 * stream.normal(),
        temper: Temper::new(&mut stream, months),
    }
}

pub(crate) fn organisations(practices: &[Practice], as_of: Month) -> Vec<Organisation> {
    let blank = |code: &OrgCode, level: Level, name: String| Organisation {
        code: code.clone(),
        level,
        name,
        as_of,
        setting: None,
        pcn: None,
        sub_icb: None,
        icb: None,
        region: None,
    };
    let mut organisations: BTreeMap<OrgCode, Organisation> = BTreeMap::new();
    for practice in practices {
        let digits = |code: &OrgCode| code.as_str().trim_start_matches(|letter: char| letter.is_ascii_uppercase()).to_owned();
        let own = Organisation {
            setting: Some(4),
            pcn: Some(practice.pcn.clone()),
            sub_icb: Some(practice.sub_icb.clone()),
            icb: Some(practice.icb.clone()),
            region: Some(practice.region.clone()),
            ..blank(&practice.code, Level::Practice, format!("Invented Surgery {}", digits(&practice.code)))
        };
        organisations.insert(practice.code.clone(), own);
        for (code, level, kind) in [
            (&practice.pcn, Level::Pcn, "Network"),
            (&practice.sub_icb, Level::SubIcb, "Location"),
            (&practice.icb, Level::Icb, "Integrated Care Board"),
            (&practice.region, Level::Region, "Region"),
        ] {
            organisations.entry(code.clone()).or_insert_with(|| blank(code, level, format!("Invented {kind} {}", digits(code))));
        }
    }
    organisations.into_values().collect()
}
