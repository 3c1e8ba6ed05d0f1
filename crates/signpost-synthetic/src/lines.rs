use signpost_core::Month;
use signpost_events::Line;

use crate::Shape;
use crate::interventions::{Plan, Truth};
use crate::places::{Practice, rise_index, rising_pcn};
use crate::presentations::{Kind, PRESENTATIONS, Presentation};
use crate::randomness::Stream;
use crate::series::{Climate, factor};

/// How much a practice's taste in one presentation varies, as a log deviation.
const TASTE: f64 = 0.25;
/// The factor that the rising network reaches on high-dose items.
const RISE: f64 = 1.6;

/// The lines of one practice in one month.
pub(crate) fn lines(seed: u64, practice: &Practice, climate: &Climate, plans: &[Plan], month: Month, index: usize) -> Vec<Line> {
    let mut taste = Stream::new(seed, 2, practice.number);
    let mut chance = Stream::new(seed, 3, practice.number * 4_096 + index as u64);
    let thousands = f64::from(practice.patients(index)) / 1_000.0;
    // Months have more or fewer days on which to dispense.
    let days = f64::from(month.days()) / 30.44;
    let line = |presentation: &Presentation| {
        let own = (TASTE * taste.normal()).exp();
        let opioid = presentation.kind != Kind::Gabapentinoid;
        let moved = factor(climate, &practice.temper, opioid, index)
            * effect(plans, practice, presentation.kind, month)
            * rise(practice, presentation.kind, month, plans);
        let items = chance.count(presentation.items_per_1000 * own * thousands * days * moved);
        (items > 0).then(|| Line {
            bnf: presentation.bnf.to_owned(),
            name: presentation.name.to_owned(),
            quantity_thousandths: u64::from(items) * presentation.units * 1_000,
            items,
        })
    };
    PRESENTATIONS.iter().filter_map(line).collect()
}

/// What an intervention truly does to a practice's items.
fn effect(plans: &[Plan], practice: &Practice, kind: Kind, month: Month) -> f64 {
    let plan = plans.iter().find(|plan| plan.sites.contains(&practice.code) && month >= plan.start);
    let Some(Plan { truth, .. }) = plan else { return 1.0 };
    match (truth, kind) {
        (Truth::Fall | Truth::FallWithHarm, Kind::Opioid | Kind::HighDose) => 1.0 - Truth::FALL,
        (Truth::FallWithHarm, Kind::Gabapentinoid) => 1.0 + Truth::HARM,
        _ => 1.0,
    }
}

/// One network's high-dose items climb over the last year.
fn rise(practice: &Practice, kind: Kind, month: Month, plans: &[Plan]) -> f64 {
    if kind != Kind::HighDose || practice.pcn != rising_pcn() {
        return 1.0;
    }
    let Some(shape) = plans.first().map(|plan| plan.shape) else { return 1.0 };
    let since = month.since(Shape::first_month(shape)) - rise_index(shape);
    1.0 + (RISE - 1.0) * (f64::from(since + 1) / 4.0).clamp(0.0, 1.0)
}
