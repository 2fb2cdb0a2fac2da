//! Against `numpy.ma`.

use crate::table::check;

#[test]
fn masks_are_those_of_numpy() {
    check(include_str!("tests/table.txt"), 0.0, 200);
}
