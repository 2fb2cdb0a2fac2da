//! Kernels in WGSL: put into a component, and found in it again.

use super::{SHADER_NBYTES_MAX, SHADERS_MAX, shaders, with_shader};

const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn what_was_put_in_is_found() {
    assert!(shaders(EMPTY).unwrap().is_empty());
    let long = "/".repeat(SHADER_NBYTES_MAX);
    let component = with_shader(&with_shader(EMPTY, "scale", "fn scale"), "mean.chunk", &long);
    let found = shaders(&component).unwrap();
    assert_eq!((found.len(), &*found["scale"], found["mean.chunk"].len()), (2, "fn scale", long.len()));
}

#[test]
fn too_many_and_too_large_ones_are_refused() {
    let large = with_shader(EMPTY, "large", &"/".repeat(SHADER_NBYTES_MAX + 1));
    assert!(shaders(&large).unwrap_err().to_string().contains("`large`"));
    let many = (0..=SHADERS_MAX).fold(EMPTY.to_vec(), |bytes, n| with_shader(&bytes, &format!("f{n}"), ""));
    assert!(shaders(&many).unwrap_err().to_string().contains("too many"));
    let no_text = [with_shader(EMPTY, "f", "x"), vec![]].concat();
    let no_text = no_text.iter().map(|&byte| if byte == b'x' { 0xff } else { byte }).collect::<Vec<_>>();
    assert!(shaders(&no_text).is_err());
}
