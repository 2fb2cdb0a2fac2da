//! Gzip in pieces, with the byte at which a file is found to be damaged.
//!
//! A file is one or more members (RFC 1952); each ends with a checksum and a length, and both are checked.

use flate2::{Decompress, FlushDecompress, Status};
use gristmill_plugin::storage::{Blob, BlobReader};
use gristmill_plugin::{Result, TaskError};

use crate::crc::Crc;

/// Inflated bytes in guest memory at a time.
const OUT_NBYTES: usize = 128 << 10;

const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;

/// Reads the inflated bytes of a gzip file from its start.
pub(crate) struct GzipReader {
    path: String,
    size: u64,
    input: BlobReader,
    member: Option<Member>,
    n_members: u64,
}

/// The member that is being inflated.
struct Member {
    inflate: Decompress,
    crc: Crc,
}

impl GzipReader {
    pub(crate) fn open(path: &str) -> Result<Self> {
        let blob = Blob::open(path)?;
        let size = blob.size();
        Ok(Self { path: path.to_owned(), size, input: BlobReader::new(blob), member: None, n_members: 0 })
    }

    /// How far through the file the reader is, from 0 to 1.
    pub(crate) fn fraction(&self) -> f64 {
        self.input.position() as f64 / self.size.max(1) as f64
    }

    /// Appends more inflated bytes to `out`; false at the end of the file.
    pub(crate) fn read_more(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        loop {
            let Some(member) = &mut self.member else {
                if self.n_members > 0 && self.input.fill()?.is_empty() {
                    return Ok(false);
                }
                self.start_member()?;
                continue;
            };
            let input = self.input.fill()?;
            let at_end = input.is_empty();
            let (in_before, out_before) = (member.inflate.total_in(), out.len());
            out.reserve(OUT_NBYTES);
            let status = member.inflate.decompress_vec(input, out, FlushDecompress::None);
            self.input.advance((member.inflate.total_in() - in_before) as usize);
            let inflated = out.get(out_before..).unwrap_or_default();
            member.crc.update(inflated);
            let n_inflated = inflated.len();
            match status {
                Ok(Status::StreamEnd) => self.end_member()?,
                Ok(_) if at_end && n_inflated == 0 => {
                    return Err(self.corrupt("the file ends inside a member"));
                }
                Ok(_) => {}
                Err(error) => return Err(self.corrupt(&error.to_string())),
            }
            if n_inflated > 0 {
                return Ok(true);
            }
        }
    }

    /// Inflates what is left and throws it away, to learn whether the file is damaged.
    pub(crate) fn check_rest(&mut self) -> Result<()> {
        let mut rest = Vec::new();
        while self.read_more(&mut rest)? {
            rest.clear();
        }
        Ok(())
    }

    fn start_member(&mut self) -> Result<()> {
        self.n_members += 1;
        let [id1, id2, method, flags, _, _, _, _, _, _] = self.take::<10>()?;
        if (id1, id2, method) != (0x1f, 0x8b, 8) {
            return Err(self.corrupt("no gzip member starts here"));
        }
        if flags & FEXTRA != 0 {
            let n = u16::from_le_bytes(self.take()?);
            for _ in 0..n {
                self.take::<1>()?;
            }
        }
        for flag in [FNAME, FCOMMENT] {
            while flags & flag != 0 && self.take()? != [0] {}
        }
        if flags & FHCRC != 0 {
            self.take::<2>()?;
        }
        self.member = Some(Member { inflate: Decompress::new(false), crc: Crc::new() });
        Ok(())
    }

    fn end_member(&mut self) -> Result<()> {
        let (sum, n) = (u32::from_le_bytes(self.take()?), u32::from_le_bytes(self.take()?));
        match self.member.take() {
            Some(member) if (member.crc.sum(), member.crc.n_bytes()) != (sum, n) => {
                Err(self.corrupt("the checksum does not match"))
            }
            _ => Ok(()),
        }
    }

    /// The next `N` bytes of the file.
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            match self.input.fill()?.first() {
                Some(next) => *byte = *next,
                None => return Err(self.corrupt("the file ends inside a member")),
            }
            self.input.advance(1);
        }
        Ok(bytes)
    }

    fn corrupt(&self, why: &str) -> TaskError {
        let (path, member, byte) = (&self.path, self.n_members, self.input.position());
        TaskError::data_corrupt(format!("{path}: gzip member {member} is damaged at byte {byte}: {why}"))
    }
}
