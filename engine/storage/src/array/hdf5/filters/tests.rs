//! What is packed comes back, and what is damaged is refused.

use super::*;

#[test]
fn lzf_runs_and_matches() {
    assert_eq!(lzf(&[]), Ok(vec![]));
    assert_eq!(lzf(&[1, 7, 8, 0x40, 1]), Ok(vec![7, 8, 7, 8, 7, 8]));
    // A match that repeats itself, longer than its control byte can say.
    assert_eq!(lzf(&[0, 7, 0xe0, 3, 0]), Ok(vec![7; 13]));
    for damaged in [&[2_u8, 7][..], &[0, 7, 0x40], &[0, 7, 0xe0, 3], &[0, 7, 0x40, 1]] {
        lzf(damaged).unwrap_err();
    }
}

#[test]
fn lz4_blocks() {
    let bytes: Vec<u8> = (0..1000_u32).map(|i| (i / 50) as u8).collect();
    let mut packed = [&1000_u64.to_be_bytes()[..], &400_u32.to_be_bytes()].concat();
    for block in bytes.chunks(400) {
        let stream = if block.len() == 200 { block.to_vec() } else { lz4_flex::block::compress(block) };
        packed.extend((stream.len() as u32).to_be_bytes());
        packed.extend(stream);
    }
    assert_eq!(lz4(&packed).as_ref(), Ok(&bytes));
    for at in 0..packed.len() {
        lz4(&packed[..at]).unwrap_err();
        let mut changed = packed.clone();
        changed[at] ^= 0x55;
        let _ = lz4(&changed);
    }
}
