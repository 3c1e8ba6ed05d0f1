use std::collections::BTreeSet;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Most random groups of comparison practices.
pub(super) const GROUPS_MAX: usize = 199;
/// Most single comparison practices; a larger pool is sampled.
pub(super) const SINGLES_MAX: usize = 999;

/// Groups of `size` of `pool` places (indices below `pool`, each group sorted, no two alike), seeded
/// by `name`: every single place when `size` is 1, else up to [`GROUPS_MAX`] drawn without
/// replacement inside a group. Empty when the pool does not hold two such groups: a group is
/// compared with the rest, which must not be the smaller part.
pub(super) fn groups(name: &str, pool: usize, size: usize) -> Vec<Vec<usize>> {
    if size == 0 || pool < 2 * size {
        return Vec::new();
    }
    let mut random = ChaCha12Rng::from_seed(seed(name));
    if size == 1 {
        return drawn(&mut random, pool, pool.min(SINGLES_MAX)).into_iter().map(|place| vec![place]).collect();
    }
    let mut groups = BTreeSet::new();
    // A small pool holds few different groups: stop asking for more.
    for _ in 0..4 * GROUPS_MAX {
        if groups.len() == GROUPS_MAX {
            break;
        }
        groups.insert(drawn(&mut random, pool, size));
    }
    groups.into_iter().collect()
}

/// `size` different places below `pool`, sorted (the first steps of a Fisher-Yates shuffle).
fn drawn(random: &mut ChaCha12Rng, pool: usize, size: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..pool).collect();
    for front in 0..size.min(pool.saturating_sub(1)) {
        places.swap(front, front + below(random, pool - front));
    }
    places.truncate(size);
    places.sort_unstable();
    places
}

/// A number below `bound`, each equally likely: draws beyond the last whole multiple are repeated.
fn below(random: &mut ChaCha12Rng, bound: usize) -> usize {
    let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
    let whole = u64::MAX - u64::MAX % bound;
    loop {
        let number = random.next_u64();
        if number < whole {
            return usize::try_from(number % bound).unwrap_or_default();
        }
    }
}

/// Four FNV-1a hashes of the name, each from another start: stable across builds and machines.
fn seed(name: &str) -> [u8; 32] {
    let mut seed = [0_u8; 32];
    for (start, chunk) in (0_u64..).zip(seed.chunks_mut(8)) {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        chunk.copy_from_slice(&hash.to_le_bytes());
    }
    seed
}

#[cfg(test)]
mod tests {
    use super::{GROUPS_MAX, groups};

    #[test]
    fn groups_are_distinct_of_distinct_places_and_repeatable() {
        let drawn = groups("redwood-mdt/opioidome", 100, 6);
        assert_eq!(drawn.len(), GROUPS_MAX);
        for group in &drawn {
            assert_eq!(group.len(), 6);
            assert!(group.windows(2).all(|pair| pair.first() < pair.get(1)) && group.iter().all(|&place| place < 100));
        }
        assert_eq!(drawn, groups("redwood-mdt/opioidome", 100, 6));
        assert_ne!(drawn, groups("redwood-mdt/gabapentinoid_ddd", 100, 6));
        // Each place is in 6 % of groups: 199 * 6 / 100 = 12 expected, sd 3.4; five sd is 29.
        let most = (0..100).map(|place| drawn.iter().filter(|group| group.contains(&place)).count()).max();
        assert!(most < Some(29), "{most:?}");
    }

    #[test]
    fn single_places_are_all_taken_and_small_pools_give_what_they_hold() {
        let mut singles: Vec<usize> = groups("x", 60, 1).into_iter().flatten().collect();
        singles.sort_unstable();
        assert_eq!(singles, (0..60).collect::<Vec<_>>());
        // 4 choose 2 is 6.
        assert_eq!(groups("x", 4, 2).len(), 6);
        assert!(groups("x", 3, 2).is_empty() && groups("x", 0, 1).is_empty());
    }
}
