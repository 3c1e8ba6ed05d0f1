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

/// One block, checked but not yet decompressed.
struct Block<'a> {
    data: &'a [u8],
    plain: usize,
}

/// Takes the first block off, checking its sizes and its checksum.
fn split_block(blocks: &[u8]) -> Result<(Block<'_>, &[u8]), String> {
    let (sum, rest) = blocks.split_first_chunk::<CHECKSUM>().ok_or("a compressed block is cut off")?;
    let (header, _) = rest.split_first_chunk::<HEADER>().ok_or("a compressed block is cut off")?;
    let [method, a, b, c, d, e, f, g, h] = *header;
    let compressed = u32::from_le_bytes([a, b, c, d]) as usize;
    let plain = u32::from_le_bytes([e, f, g, h]) as usize;
    if method != LZ4 || !(HEADER..=BLOCK_MAX).contains(&compressed) || plain > BLOCK_MAX {
        return Err("a compressed block has an unknown method or size".into());
    }
    let body = rest.get(..compressed).ok_or("a compressed block is cut off")?;
    if checksum(body) != u128::from_le_bytes(*sum) {
        return Err("a compressed block has a wrong checksum".into());
    }
    Ok((Block { data: body.get(HEADER..).unwrap_or_default(), plain }, rest.get(compressed..).unwrap_or_default()))
}

/// Checks every block and sums their sizes before compression, in bytes.
pub(super) fn check(mut blocks: &[u8]) -> Result<usize, String> {
    let mut plain = 0;
    while !blocks.is_empty() {
        let (block, rest) = split_block(blocks)?;
        plain += block.plain;
        blocks = rest;
    }
    Ok(plain)
}

/// Hands each block's bytes on, one block in memory at a time.
pub(super) fn decompress(mut blocks: &[u8], mut take: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
    while !blocks.is_empty() {
        let (block, rest) = split_block(blocks)?;
        let plain = block::decompress(block.data, block.plain).map_err(|error| format!("a compressed block is broken: {error}"))?;
        take(&plain)?;
        blocks = rest;
    }
    Ok(())
}

/// ClickHouse keeps the two halves of the hash the other way round.
fn checksum(body: &[u8]) -> u128 {
    cityhash_102_128(body).rotate_right(64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::{check, compress, decompress};

    // That the checksum is ClickHouse's, the official client proves in tests/clickhouse.rs.
    #[test]
    fn blocks_come_back_and_a_changed_byte_is_noticed() {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
        let blocks = compress(&bytes);
        assert!(blocks.len() < bytes.len() / 10);
        assert_eq!(check(&blocks).unwrap(), bytes.len());
        let mut back = Vec::new();
        decompress(&blocks, |block| {
            back.extend_from_slice(block);
            Ok(())
        })
        .unwrap();
        assert!(back == bytes);
        let mut changed = blocks.clone();
        changed[40] ^= 1;
        assert!(check(&changed).unwrap_err().contains("checksum"));
        assert!(check(&blocks[..30]).unwrap_err().contains("cut off"));
    }
}
