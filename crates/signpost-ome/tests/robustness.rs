//! Whatever a file holds, reading ends in an answer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use signpost_ome::{BNF_PREFIXES, FactorSet, classify, ddd_micro, line_ome, product};

/// A small deterministic generator (xorshift), so that a failure repeats.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.get(self.below(from.len())).unwrap()
    }
}

const PIECES: [&str; 36] = [
    "Morph Sulf",
    "Fentanyl",
    "_",
    " ",
    "/",
    "(",
    ")",
    "Tab ",
    "Patch ",
    "Inj ",
    "Oral Soln ",
    "M/R",
    "mgM/R",
    "0",
    "5",
    "12.5",
    ".",
    "..",
    "99999999999999999999",
    "0.0000000001",
    "mg",
    "mcg/hr",
    "/ml",
    "/5ml",
    "0ml",
    " 2ml Amp",
    "g",
    "micrograms/hour",
    "/72hrs",
    "(7day)",
    "µg",
    "é",
    "\u{0}",
    "𝔪",
    "İ",
    "unit dose",
];

#[test]
fn random_names_and_codes_never_panic() {
    let mut seeded = Seeded(0x5eed_2017);
    let set = FactorSet::named("op2024").unwrap();
    let mut read = 0_u32;
    for round in 0..200_000_u32 {
        let mut bnf = seeded.pick(&BNF_PREFIXES).to_owned();
        if round % 2 == 0 {
            bnf = seeded.pick(&["0407020Q0AAAIAI", "0407020A0AAAFAF", "0407020B0AAAEAE"]).to_owned();
        }
        for _ in 0..seeded.below(8) {
            bnf.push_str(seeded.pick(&["A", "F0", "Q0", "B0", "0", "é", "AD", "", "M"]));
        }
        let mut name = seeded.pick(&["", "Tab 30mg ", "Patch 35mcg/hr", "Oral Soln 10mg/5ml"]).to_owned();
        (0..seeded.below(12)).for_each(|_| name.push_str(seeded.pick(&PIECES)));
        let class = classify(&bnf, &name);
        let quantity = u64::MAX >> (round % 64);
        read += u32::from(product(&bnf, &name).is_ok());
        let _ = (class.ome(set, quantity), class.ddd_micro(quantity), ddd_micro(&bnf, &name, quantity));
        assert!(class.regular || !(class.high90 || class.high120), "{bnf} {name}");
        assert!(class.high90 || !class.high120, "what is high at 120 is high at 90: {bnf} {name}");
    }
    assert!(read > 1_000, "the pieces must make readable names too: {read}");
}

#[test]
fn lines_add_up_to_the_total_in_any_split() {
    // Content times factor that divides: 1 mg at factor 1; splitting a quantity loses nothing.
    let whole = line_ome(1_000_000, 10_000, 56_000).unwrap();
    let parts: u64 = [1_000, 20_500, 34_500].map(|part| line_ome(1_000_000, 10_000, part).unwrap()).iter().sum();
    assert_eq!(whole, parts);
}
