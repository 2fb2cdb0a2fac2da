//! Known answers of Random123's `kat_vectors`.

use pulp::Arch;

use super::*;
use crate::random::vector::Vector;

#[test]
fn known_answers() {
    let check = |counter: [u64; 4], key: [u32; 2], expect: [u32; 4]| {
        let generator = Generator { seed: u64::from(key[0]) | u64::from(key[1]) << 32, stream: 0 };
        let words = permute(counter, &generator.keys());
        let halves = words.map(|word| [word as u32, (word >> 32) as u32]);
        assert_eq!(halves.as_flattened(), expect, "{counter:x?}");
    };
    check([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    check([0xffff_ffff; 4], [0xffff_ffff; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    check(
        [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
        [0xa4093822, 0x299f31d0],
        [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    );
}

/// The counter's layout is a promise to shaders, and the widest instructions give what plain ones do.
#[test]
fn counters_hold_block_stream_and_attempt() {
    let pi = Generator { seed: 0x299f31d0_a4093822, stream: 0x13198a2e };
    let expect = [0x94fdcceb_d16cfe09, 0x24126ea1_5001e420];
    assert_eq!(pi.block(0x85a308d3_243f6a88, 0x03707344), expect);
    let blocks: Vec<u64> = (0..77).map(|block| block * 0x1234_5678_9abc).collect();
    for arch in [Arch::Scalar, Arch::new()] {
        let mut words = vec![0; 2 * blocks.len()];
        Vector(arch).words(pi, &blocks, &mut words);
        for (&block, words) in blocks.iter().zip(words.chunks(2)) {
            assert_eq!(words, pi.block(block, 0));
        }
    }
}
