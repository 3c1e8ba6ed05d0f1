//! Did the intervention work, and what is rising?
//!
//! From an improvement lead's file to events ([`declaration`]), from recorded events to what was
//! promised and when ([`registration`]), from monthly counts to a verdict that is judged against
//! places where nothing was done ([`evaluation`]), and from a series to alarms ([`signals`]).
//!
//! Invariants:
//! - Pure functions of their arguments: no clock, no file, no network; random draws are seeded from
//!   the intervention and the measure, so the same data give the same words.
//! - Evaluation chooses nothing after seeing data: outcome, direction, horizon and margin come from
//!   the registration, windows and pool rules from constants here.
//! - No finding holds NaN or infinity; what can't be computed is `None` with a reason.
//! - The order in which practices or events arrive changes nothing (events carry their order).
//!
//! Deliberately absent: estimators (signpost-statistics), disclosure control
//! (signpost-publication), storage, and any choice of method by its result.

pub mod declaration;
pub mod evaluation;
pub mod kinds;
pub mod registration;
pub mod signals;
