//! The random bits of one element, as many as it asks for.

use super::normal::quantile;
use super::philox::Generator;
use super::vector::{open_unit, unit};

/// How often an element draws until a number is accepted: the least likely one is accepted in one of two.
pub(super) const ATTEMPTS_MAX: usize = 1000;

/// The words of the Philox blocks of one place, attempt by attempt.
pub(super) struct Draws {
    generator: Generator,
    place: u64,
    attempt: u32,
    words: [u64; 2],
    used: usize,
}

impl Draws {
    /// Beginning with these words, which are those of the place's first block.
    pub(super) fn new(generator: Generator, place: u64, words: [u64; 2]) -> Self {
        Self { generator, place, attempt: 0, words, used: 0 }
    }

    /// Beginning with the second block, for a place that shared its first one.
    pub(super) fn again(generator: Generator, place: u64) -> Self {
        Self { used: 2, ..Self::new(generator, place, [0; 2]) }
    }

    pub(super) fn word(&mut self) -> u64 {
        if self.used == self.words.len() {
            self.attempt = self.attempt.wrapping_add(1);
            self.words = self.generator.block(self.place, self.attempt);
            self.used = 0;
        }
        let word = self.words.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        word
    }

    /// In [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        unit(self.word())
    }

    /// In (0, 1).
    pub(super) fn open_unit(&mut self) -> f64 {
        open_unit(self.word())
    }

    /// Standard normal.
    pub(super) fn normal(&mut self) -> f64 {
        quantile(self.open_unit())
    }

    /// An integer below `n`, which is at most 2^64: none is likelier than another.
    pub(super) fn below(&mut self, n: u128) -> u64 {
        let threshold = super::discrete::threshold(64, n);
        let mut product = u128::from(self.word()) * n;
        for _ in 1..ATTEMPTS_MAX {
            if product as u64 as u128 >= threshold {
                break;
            }
            product = u128::from(self.word()) * n;
        }
        (product >> 64) as u64
    }
}
