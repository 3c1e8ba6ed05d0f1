//! The only SQL of signpost.
