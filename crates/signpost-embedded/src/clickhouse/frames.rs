//! ClickHouse's compressed blocks: checksum (16 bytes), 0x82, sizes (4 + 4), LZ4 data.

use cityhash_rs::cityhash_102_128;
use lz4_flex::block;

const CHECKSUM: usize = 16;
const HEADER: usize = 9;
const LZ4: u8 = 0x82;
/// Bytes of one block before compression.
const BLOCK: usize = 1 << 20;
/// Largest block accepted, compressed or not.
const BLOCK_MAX: usize = 256 << 20;

/// The bytes as compressed blocks.
pub(super) fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 2 + 64);
    for chunk in bytes.chunks(BLOCK) {
        let data = block::compress(chunk);
        let mut body = Vec::with_capacity(HEADER + data.len());
        body.push(LZ4);
        body.extend(u32::try_from(HEADER + data.len()).unwrap_or(0).to_le_bytes());
        body.extend(u32::try_from(chunk.len()).unwrap_or(0).to_le_bytes());
        body.extend(data);
        out.extend(checksum(&body).to_le_bytes());
        out.extend(body);
    }
    out
}

/// The bytes of compressed blocks.
pub(super) fn decompress(mut blocks: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    while !blocks.is_empty() {
        let (sum, rest) = blocks.split_first_chunk::<CHECKSUM>().ok_or("a compressed block is cut off")?;
        let (header, _) = rest.split_first_chunk::<HEADER>().ok_or("a compressed block is cut off")?;
        let [method, a, b, c, d, e, f, g, h] = *header;
        let compressed = u32::from_le_bytes([a, b, c, d]) as usize;
        let plain = u32::from_le_bytes([e, f, g, h]) as usize;
        if method != LZ4 || compressed < HEADER || compressed > BLOCK_MAX || plain > BLOCK_MAX {
            return Err("a compressed block has an unknown method or size".into());
        }
        let body = rest.get(..compressed).ok_or("a compressed block is cut off")?;
        if checksum(body) != u128::from_le_bytes(*sum) {
            return Err("a compressed block has a wrong checksum".into());
        }
        let data = body.get(HEADER..).unwrap_or_default();
        out.extend(block::decompress(data, plain).map_err(|error| format!("a compressed block is broken: {error}"))?);
        blocks = rest.get(compressed..).unwrap_or_default();
    }
    Ok(out)
}

/// ClickHouse keeps the two halves of the hash the other way round.
fn checksum(body: &[u8]) -> u128 {
    cityhash_102_128(body).rotate_right(64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::{compress, decompress};

    #[test]
    fn blocks_come_back_and_a_changed_byte_is_noticed() {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
        let blocks = compress(&bytes);
        assert!(blocks.len() < bytes.len() / 10);
        assert_eq!(decompress(&blocks).unwrap(), bytes);
        let mut changed = blocks.clone();
        changed[40] ^= 1;
        assert!(decompress(&changed).unwrap_err().contains("checksum"));
        assert!(decompress(&blocks[..30]).unwrap_err().contains("cut off"));
    }
}
