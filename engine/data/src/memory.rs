//! Memory for the elements of chunks, used again.
//!
//! A fresh page of memory is zeroed by the operating system when it is first touched, which takes several times as long
//! as writing it. Chunks of an array are alike in size and short-lived, so what one leaves serves the next.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use arrow_buffer::Buffer;

/// Smaller pieces are left to the allocator.
const NBYTES_MIN: usize = 256 << 10;
/// What may lie idle in all, in bytes.
const IDLE_NBYTES_MAX: usize = 256 << 20;

/// Whether there is room is asked for from here on.
const ASKED_NBYTES_MIN: usize = 256 << 20;

static IDLE: Mutex<Idle> = Mutex::new(Idle { pieces: Vec::new(), nbytes: 0 });

/// Pieces that nobody has, the one that was given back last at the end.
struct Idle {
    pieces: Vec<Vec<u128>>,
    nbytes: usize,
}

/// Bytes to be filled and made a [`Buffer`]. They hold whatever their last user left, so every one is to be written.
pub struct Memory {
    words: Vec<u128>,
    nbytes: usize,
}

impl Memory {
    /// So many bytes, aligned for every dtype.
    #[must_use]
    pub fn new(nbytes: usize) -> Self {
        Self { words: idle(nbytes).unwrap_or_else(|| fresh(nbytes)), nbytes }
    }

    /// So many bytes, all 0.
    #[must_use]
    pub fn zeroed(nbytes: usize) -> Self {
        let mut used = idle(nbytes);
        used.iter_mut().for_each(|words| words.fill(0));
        Self { words: used.unwrap_or_else(|| fresh(nbytes)), nbytes }
    }

    /// So many bytes, unless the machine has no room for them.
    #[must_use]
    pub fn try_new(nbytes: usize) -> Option<Self> {
        has_room(nbytes).then(|| Self::new(nbytes))
    }

    /// So many bytes, all 0, unless the machine has no room for them.
    #[must_use]
    pub fn try_zeroed(nbytes: usize) -> Option<Self> {
        has_room(nbytes).then(|| Self::zeroed(nbytes))
    }

    /// The bytes.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.words);
        bytes.get_mut(..self.nbytes).unwrap_or_default()
    }

    /// The bytes as a buffer, without copying them.
    #[must_use]
    pub fn into_buffer(self) -> Buffer {
        Buffer::from(bytes::Bytes::from_owner(self))
    }
}

impl From<Memory> for Buffer {
    fn from(memory: Memory) -> Self {
        memory.into_buffer()
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.words).get(..self.nbytes).unwrap_or_default()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let piece = std::mem::take(&mut self.words);
        if size_of_val(&*piece) >= NBYTES_MIN {
            // What has no room is freed here, outside of the lock.
            drop(with_idle(|idle| idle.put(piece)));
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} B)", self.nbytes)
    }
}

fn has_room(nbytes: usize) -> bool {
    let mut asked: Vec<u128> = Vec::new();
    nbytes < ASKED_NBYTES_MIN || asked.try_reserve_exact(nbytes.div_ceil(size_of::<u128>())).is_ok()
}

/// A piece for so many bytes that was used before.
fn idle(nbytes: usize) -> Option<Vec<u128>> {
    let n_words = nbytes.div_ceil(size_of::<u128>());
    if nbytes >= NBYTES_MIN { with_idle(|idle| idle.take(n_words)) } else { None }
}

fn fresh(nbytes: usize) -> Vec<u128> {
    vec![0; nbytes.div_ceil(size_of::<u128>())]
}

fn with_idle<T>(then: impl FnOnce(&mut Idle) -> T) -> T {
    then(&mut IDLE.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Idle {
    /// The piece given back last that has as many words, and not many more.
    fn take(&mut self, n_words: usize) -> Option<Vec<u128>> {
        let fits = |piece: &Vec<u128>| (n_words..=n_words + n_words / 4).contains(&piece.len());
        let found = self.pieces.iter().rposition(fits)?;
        let piece = self.pieces.remove(found);
        self.nbytes -= size_of_val(&*piece);
        Some(piece)
    }

    /// Keeps the piece; gives those that there is no more room for.
    fn put(&mut self, piece: Vec<u128>) -> Vec<Vec<u128>> {
        self.nbytes += size_of_val(&*piece);
        self.pieces.push(piece);
        let mut n_freed = 0;
        for piece in &self.pieces {
            if self.nbytes <= IDLE_NBYTES_MAX {
                break;
            }
            self.nbytes -= size_of_val(&**piece);
            n_freed += 1;
        }
        self.pieces.drain(..n_freed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle() -> Idle {
        Idle { pieces: Vec::new(), nbytes: 0 }
    }

    #[test]
    fn what_is_given_back_is_used_again() {
        let mut idle = idle();
        assert!(idle.put(vec![7; 1000]).is_empty() && idle.put(vec![8; 2000]).is_empty());
        assert_eq!(idle.nbytes, 48_000);
        assert!(idle.take(799).is_none() && idle.take(1001).is_none());
        assert_eq!(idle.take(800).unwrap()[0], 7);
        assert_eq!(idle.take(2000).unwrap().len(), 2000);
        assert_eq!((idle.nbytes, idle.pieces.len()), (0, 0));
    }

    #[test]
    fn no_more_than_a_limit_lies_idle() {
        let mut idle = idle();
        let n_words = IDLE_NBYTES_MAX / size_of::<u128>() / 4;
        let freed: Vec<usize> = (0..6).map(|n| idle.put(vec![n; n_words]).len()).collect();
        assert_eq!((freed, idle.nbytes), (vec![0, 0, 0, 0, 1, 1], IDLE_NBYTES_MAX));
        // The oldest go first; a piece beyond the limit is not kept at all.
        assert_eq!(idle.pieces[0][0], 2);
        assert_eq!(idle.put(vec![9; 5 * n_words]).len(), 5);
        assert_eq!(idle.nbytes, 0);
    }

    #[test]
    fn what_is_zeroed_is_zero_whoever_had_it() {
        for _ in 0..3 {
            let mut memory = Memory::zeroed(NBYTES_MIN + 5);
            assert!(memory.as_ref().iter().all(|&byte| byte == 0));
            memory.as_mut_slice().fill(7);
        }
    }

    #[test]
    fn a_buffer_has_what_was_written() {
        for nbytes in [0, 1, 17, NBYTES_MIN, NBYTES_MIN + 3] {
            let mut memory = Memory::new(nbytes);
            memory.as_mut_slice().iter_mut().zip(0..).for_each(|(byte, n)| *byte = (n % 251) as u8);
            let buffer = memory.into_buffer();
            assert_eq!(buffer.len(), nbytes);
            assert!(buffer.iter().zip(0..).all(|(&byte, n)| byte == (n % 251) as u8));
            assert_eq!(buffer.as_ptr().align_offset(16), 0);
        }
    }
}
