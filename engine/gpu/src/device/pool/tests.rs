//! Size classes.

use super::size_class;

#[test]
fn a_class_holds_what_it_is_for_and_wastes_less_than_half() {
    for nbytes in (1..5000).chain([1 << 20, (1 << 20) + 1, 3 << 19, (3 << 19) + 1, (1 << 40) - 1]) {
        let class = size_class(nbytes);
        assert!(class >= nbytes, "{nbytes} B in {class}");
        assert!(class == 256 || class < 2 * nbytes, "{nbytes} B in {class}");
        assert_eq!(class % 64, 0, "vectors of four elements fill it");
        assert_eq!(size_class(class), class);
    }
}
