//! The checksum of gzip (CRC-32), eight bytes at a step.
//!
//! The usual crates carry 16 KiB of tables in the component; these 8 KiB are made in a few microseconds.

/// The reversed polynomial.
const POLYNOMIAL: u32 = 0xedb8_8320;
/// Bytes of one step, and tables.
const STEP: usize = 8;

/// Table `k` has the checksum of each byte with `k` zero bytes behind it.
type Tables = [[u32; 256]; STEP];

/// The checksum and the length of the bytes so far.
pub(crate) struct Crc {
    tables: Box<Tables>,
    /// The checksum with all bits flipped, as the steps want it.
    flipped: u32,
    n_bytes: u32,
}

impl Crc {
    pub(crate) fn new() -> Self {
        Self { tables: tables(), flipped: !0, n_bytes: 0 }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let (steps, rest) = bytes.as_chunks::<STEP>();
        for step in steps {
            let word = u64::from_le_bytes(*step) ^ u64::from(self.flipped);
            // The first byte of a step has the most bytes behind it.
            let sums = word.to_le_bytes().into_iter().zip(self.tables.iter().rev());
            self.flipped = sums.fold(0, |sum, (byte, table)| sum ^ entry(table, byte));
        }
        let [table, ..] = &*self.tables;
        for byte in rest {
            self.flipped = next(table, self.flipped, *byte);
        }
        // The length is kept modulo 2^32, as the files have it.
        self.n_bytes = self.n_bytes.wrapping_add(bytes.len() as u32);
    }

    pub(crate) fn sum(&self) -> u32 {
        !self.flipped
    }

    pub(crate) fn n_bytes(&self) -> u32 {
        self.n_bytes
    }
}

fn entry(table: &[u32; 256], byte: u8) -> u32 {
    table.get(usize::from(byte)).copied().unwrap_or_default()
}

fn next(table: &[u32; 256], flipped: u32, byte: u8) -> u32 {
    flipped >> 8 ^ entry(table, flipped as u8 ^ byte)
}

fn tables() -> Box<Tables> {
    let mut tables = Box::new([[0; 256]; STEP]);
    let [first, others @ ..] = &mut *tables;
    for (byte, place) in (0u32..).zip(first.iter_mut()) {
        *place = (0..8).fold(byte, |sum, _| if sum & 1 == 1 { sum >> 1 ^ POLYNOMIAL } else { sum >> 1 });
    }
    let mut before = *first;
    for table in others {
        *table = before.map(|sum| next(first, sum, 0));
        before = *table;
    }
    tables
}

#[cfg(test)]
mod tests;
