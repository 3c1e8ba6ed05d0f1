use sha2::{Digest, Sha256};

/// The first half of SHA-256 over the parts: names a content, so that equal revisions can be told
/// from conflicting ones without keeping the bytes.
pub(crate) fn content<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).fold(0, |value, &byte| (value << 8) | u128::from(byte))
}
