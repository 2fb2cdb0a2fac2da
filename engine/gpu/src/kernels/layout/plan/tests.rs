//! Boxes as shaders are given them.

use gristmill_kernels::{Move, Strides};

use super::{Axis, Plan};

fn plan(lengths: &[usize], from: (usize, &[isize]), to: (usize, &[isize]), itemsize: usize) -> Plan {
    let strides = |(first, strides): (usize, &[isize])| Strides { first, strides: strides.to_vec() };
    let one = Move { of: 0, lengths: lengths.to_vec(), from: strides(from), to: strides(to) };
    Plan::new(&one, itemsize).unwrap()
}

fn axis((length, from, to): (u64, i64, i64)) -> Axis {
    Axis { length, from, to }
}

#[test]
fn rows_become_large_elements() {
    let of = |itemsize, first| {
        let plans = plan(&[6, 32], (first, &[64, 1]), (0, &[32, 1]), itemsize).within(u64::MAX).unwrap();
        let [plan] = &plans[..] else { panic!("{plans:?}") };
        (plan.itemsize, plan.axes.clone(), plan.from)
    };
    let axes = |last, apart| vec![axis((6, 2 * apart, apart)), axis((last, 1, 1))];
    assert_eq!(of(1, 16), (16, axes(2, 2), 1));
    assert_eq!(of(1, 4), (4, axes(8, 8), 1));
    assert_eq!(of(1, 3), (1, axes(32, 32), 3));
    assert_eq!(of(4, 8), (16, axes(8, 8), 2));
    assert_eq!(of(16, 5), (16, axes(32, 32), 5));
}

#[test]
fn boxes_are_cut_to_what_is_seen_at_once() {
    // A transposed matrix of 64 by 40, some of it backwards.
    let whole = plan(&[64, 40], (63, &[-1, 64]), (0, &[40, 1]), 4);
    let parts = whole.clone().within(4096).unwrap();
    assert!(parts.len() > 2);
    let mut written = vec![0; 64 * 40];
    for part in &parts {
        assert!(part.read().nbytes <= 4096 && part.written().nbytes <= 4096, "{part:?}");
        let [outer, inner] = &part.axes[..] else { panic!("{part:?}") };
        for (row, column) in
            (0..outer.length as i64).flat_map(|row| (0..inner.length as i64).map(move |n| (row, n)))
        {
            let from = part.from + row * outer.from + column * inner.from;
            let to = part.to + row * outer.to + column * inner.to;
            assert_eq!(from, 63 - to / 40 + to % 40 * 64);
            written[to as usize] += 1;
        }
    }
    assert_eq!(written, vec![1; 64 * 40]);
    assert!(whole.within(200).is_err());
}
