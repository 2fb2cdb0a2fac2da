//! Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (2011).
//!
//! A block of 128 random bits is a function of a counter of 128 bits and a key of 64; nothing is kept between blocks.
//! The key is the seed, low half first. The counter's four words are:
//!
//! | word | holds |
//! |---|---|
//! | 0, 1 | which block of the array, low half first; see [`super::block`] |
//! | 2 | the stream, which tells the arrays of one seed apart |
//! | 3 | the attempt: 0 for the bits that every element has, more for those that an element draws again |
//!
//! So a shader that knows an element's place finds the same bits. The four words of a block are two of 64 bits here,
//! low half first, and the words of ever smaller size follow from them in the same way.

const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const N_ROUNDS: usize = 10;
const LOW_HALF: u64 = 0xFFFF_FFFF;

/// The numbers of one array: whatever is drawn for it follows from these two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Generator {
    /// The key.
    pub(super) seed: u64,
    /// Which array of this seed.
    pub(super) stream: u32,
}

/// The keys of all rounds.
type Keys = [[u64; 2]; N_ROUNDS];

impl Generator {
    /// The two words of each of these blocks; inlined, so that it is compiled for its caller's instructions.
    #[inline(always)]
    pub(super) fn words(self, blocks: &[u64], out: &mut [u64]) {
        let keys = self.keys();
        for (&block, words) in blocks.iter().zip(out.as_chunks_mut::<2>().0) {
            *words = permute(self.counter(block, 0), &keys);
        }
    }

    /// The two words of one block.
    pub(super) fn block(self, block: u64, attempt: u32) -> [u64; 2] {
        permute(self.counter(block, attempt), &self.keys())
    }

    #[inline(always)]
    fn counter(self, block: u64, attempt: u32) -> [u64; 4] {
        [block, block >> 32, u64::from(self.stream), u64::from(attempt)]
    }

    fn keys(self) -> Keys {
        let mut key = [self.seed as u32, (self.seed >> 32) as u32];
        let mut keys = [[0; 2]; N_ROUNDS];
        for round in &mut keys {
            *round = key.map(u64::from);
            key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
        }
        keys
    }
}

/// The block of this counter. Words of 32 bits stand in 64 whose high halves are of no meaning, so that a lane holds
/// a whole product and nothing is shuffled.
#[inline(always)]
fn permute(counter: [u64; 4], keys: &Keys) -> [u64; 2] {
    let [k0, k1, k2, k3, k4, k5, k6, k7, k8, k9] = keys;
    let half = round(round(round(round(round(counter, k0), k1), k2), k3), k4);
    let [a, b, c, d] = round(round(round(round(round(half, k5), k6), k7), k8), k9);
    [(a & LOW_HALF) | (b << 32), (c & LOW_HALF) | (d << 32)]
}

#[inline(always)]
fn round([a, b, c, d]: [u64; 4], [low_key, high_key]: &[u64; 2]) -> [u64; 4] {
    let left = (a & LOW_HALF) * MULTIPLIERS[0];
    let right = (c & LOW_HALF) * MULTIPLIERS[1];
    [(right >> 32) ^ b ^ low_key, right, (left >> 32) ^ d ^ high_key, left]
}

#[cfg(test)]
mod tests;
