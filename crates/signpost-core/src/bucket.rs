/// Buckets into which every key falls, whatever the number of Kafka partitions.
pub const BUCKETS: u16 = 1024;

/// The bucket of a key: `murmur2(key) mod 1024`, the hash of Kafka's default partitioner.
///
/// Kafka partition = bucket mod partition count (a power of two up to 1024); ClickHouse
/// partition = bucket mod 16. One key is therefore totally ordered by one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(u16);

impl Bucket {
    /// The bucket of `key`.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let positive = murmur2(key.as_bytes()) & 0x7fff_ffff;
        Self(u16::try_from(positive % u32::from(BUCKETS)).unwrap_or_default())
    }

    /// Its number, 0 to 1023.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }
}

/// The Kafka partition of `key` on a topic of `partitions` (a power of two, 1 to 1024).
#[must_use]
pub fn partition_of(key: &str, partitions: u16) -> u16 {
    Bucket::of(key).0 % partitions.max(1)
}

/// MurmurHash2 with Kafka's seed, little-endian words (Kafka: `Utils.murmur2`).
fn murmur2(data: &[u8]) -> u32 {
    const MIX: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash = 0x9747_b28c_u32 ^ length;
    let (words, rest) = data.as_chunks::<4>();
    for &word in words {
        let mut value = u32::from_le_bytes(word).wrapping_mul(MIX);
        value ^= value >> 24;
        hash = hash.wrapping_mul(MIX) ^ value.wrapping_mul(MIX);
    }
    for (place, &byte) in rest.iter().enumerate().rev() {
        hash ^= u32::from(byte) << (8 * place);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(MIX);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::{Bucket, murmur2};

    #[test]
    fn the_hash_is_that_of_kafka() {
        // Values of Apache Kafka's own test of Utils.murmur2 (UtilsTest.testMurmur2).
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
        }
        assert_eq!(u32::from(Bucket::of("abc").number()), 479_470_107 % 1024);
    }
}
