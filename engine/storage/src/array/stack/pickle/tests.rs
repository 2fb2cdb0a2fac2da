//! Pickles that Python and this module write are understood; others are refused, however they are damaged.

use proptest::prelude::*;

use super::*;

/// `pickle.dumps({"chunks": ((3, 300), (5,)), "dtype": dtype, "axis": 0}, version)` of Python with NumPy.
const OF_PYTHON: [(&str, u32, &[u8]); 3] = [
    ("datetime64[ns]", 2, b"\x80\x02}q\x00(X\x06\x00\x00\x00chunksq\x01K\x03M,\x01\x86q\x02K\x05\x85q\x03\x86q\x04X\x05\x00\x00\x00dtypeq\x05cnumpy\x0adtype\x0aq\x06X\x02\x00\x00\x00M8q\x07\x89\x88\x87q\x08Rq\x09(K\x04X\x01\x00\x00\x00<q\x0aNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00N(c_codecs\x0aencode\x0aq\x0bX\x02\x00\x00\x00nsq\x0cX\x06\x00\x00\x00latin1q\x0d\x86q\x0eRq\x0fK\x01K\x01K\x01tq\x10\x86q\x11tq\x12bX\x04\x00\x00\x00axisq\x13K\x00u."),
    ("float64", 4, b"\x80\x04\x95b\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x06chunks\x94K\x03M,\x01\x86\x94K\x05\x85\x94\x86\x94\x8c\x05dtype\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x8c\x04axis\x94K\x00u."),
    ("float32", 5, b"\x80\x05\x95b\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x06chunks\x94K\x03M,\x01\x86\x94K\x05\x85\x94\x86\x94\x8c\x05dtype\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b\x8c\x04axis\x94K\x00u."),
];

fn expect() -> Description {
    Description { axis: 0, chunks: vec![vec![3, 300], vec![5]] }
}

#[test]
fn every_version_is_understood() {
    for (dtype, version, bytes) in OF_PYTHON {
        assert_eq!(parse(bytes).as_ref(), Ok(&expect()), "{dtype}, version {version}");
    }
}

#[test]
fn what_is_written_is_read() {
    for (axis, chunks) in
        [(1, vec![vec![3], vec![u64::MAX, 0, 255]]), (0, vec![vec![]]), (0, vec![vec![0], vec![7]])]
    {
        let bytes = write("<f8", axis, &chunks);
        assert_eq!(parse(&bytes), Ok(Description { axis, chunks }));
    }
}

#[test]
fn what_describes_no_stack_says_why() {
    let check = |bytes: &[u8], word: &str| {
        let reason = parse(bytes).unwrap_err();
        assert!(reason.contains(word), "`{word}` is not in: {reason}");
    };
    check(b"", "ends early");
    check(b".", "no dict");
    check(b"}.", "no entry `axis`");
    check(b"}X\x04\0\0\0axisX\0\0\0\0s.", "not a number");
    check(b"}X\x04\0\0\0axisK\0s.", "no entry `chunks`");
    check(b"t", "mark");
    check(b"R", "more from its stack");
    check(b"h\0", "not kept");
    check(b"\x81", "0x81");
    check(&write("<f8", 0, &[vec![1], vec![2, 3]]), "axis 1");
    // Tuples in each other, which would take the process's stack when they are dropped.
    check(&[b")".as_slice(), &[0x85; 100_000]].concat(), "in each other");
}

#[test]
fn a_tuple_that_stands_for_many_makes_nothing_large() {
    let mut bytes = b"}X\x04\0\0\0axisK\0sX\x06\0\0\0chunks(".to_vec();
    let many = [b"(".as_slice(), &b"K\x01".repeat(1000), b"t"].concat();
    bytes.extend(&many);
    bytes.push(0x94);
    bytes.extend(b"h\0".repeat(1000));
    bytes.extend(b"ts.");
    assert!(parse(&bytes).unwrap_err().contains("axis 1"));
}

proptest! {
    #[test]
    fn damage_is_no_panic(which in 0..3_usize, at: prop::sample::Index, byte: u8) {
        let mut bytes = OF_PYTHON[which].2.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = parse(&bytes);
        bytes.truncate(at);
        prop_assert!(parse(&bytes).is_err());
    }
}
