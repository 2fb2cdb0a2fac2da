//! Tests of chunks.

use half::f16;
use num_complex::{Complex32, Complex64};
use proptest::prelude::*;

use super::*;
use crate::random;

fn check_elements<T: Element + PartialEq + std::fmt::Debug>(elements: Vec<T>) {
    let address = elements.as_ptr().cast::<u8>();
    let chunk = Chunk::from_vec(elements.clone(), &[elements.len() as u64]).unwrap();
    assert_eq!(chunk.as_slice::<T>().unwrap(), elements);
    assert_eq!((chunk.dtype(), chunk.n_elements()), (T::DTYPE, elements.len()));
    assert_eq!(chunk.nbytes(), (elements.len() * T::DTYPE.itemsize()) as u64);
    let again = Chunk::from_vec(elements, &[chunk.n_elements() as u64]).unwrap();
    assert_eq!(again.data().as_ptr(), address, "the vector of {} was copied", T::DTYPE);
}

#[test]
fn vectors_of_every_dtype_become_chunks_and_slices() {
    check_elements(vec![true, false]);
    check_elements(vec![1_i8, -1]);
    check_elements(vec![1_i16, -1]);
    check_elements(vec![1_i32, -1]);
    check_elements(vec![1_i64, -1]);
    check_elements(vec![1_u8, 2]);
    check_elements(vec![1_u16, 2]);
    check_elements(vec![1_u32, 2]);
    check_elements(vec![1_u64, 2]);
    check_elements(vec![f16::ONE, f16::NEG_ONE]);
    check_elements(vec![1.0_f32, -1.0]);
    check_elements(vec![1.0_f64, -1.0]);
    check_elements(vec![Complex32::new(1.0, 2.0)]);
    check_elements(vec![Complex64::new(1.0, 2.0)]);
}

#[test]
fn times_are_read_as_integers() {
    let chunk = Chunk::from_vec(vec![5_i64, 6], &[2]).unwrap().view(DType::Datetime64Ns).unwrap();
    assert_eq!((chunk.dtype(), chunk.as_slice::<i64>().unwrap()), (DType::Datetime64Ns, &[5, 6][..]));
}

#[test]
fn what_does_not_fit_is_refused() {
    let check = |result: Result<Chunk, Error>, words: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(words), "no {words:?} in {error}");
    };
    check(Chunk::from_vec(vec![1_i32; 5], &[2, 3]), "int32 chunk of shape (2, 3) takes 24 bytes, and 20");
    check(Chunk::from_vec(Vec::<i32>::new(), &[]), "shape () takes 4 bytes");
    check(Chunk::from_vec(vec![1_i32], &[u64::MAX, 3]), "64 bits");
    check(Chunk::from_vec(vec![1_i64], &[1 << 62]), "64 bits");
    check(Chunk::from_vec(vec![0_u8, 2], &[2]).unwrap().view(DType::Boolean), "element 1");
    check(Chunk::from_vec(vec![1_i8; 3], &[3]).unwrap().view(DType::Int16), "int16");
    let (data, validity) = (Buffer::from_vec(vec![1_u8; 3]), NullBuffer::new_valid(2));
    check(Chunk::try_new(DType::Int8, &[3], data, Some(validity)), "3 validity bits, and 2");
    let error = Chunk::from_vec(vec![1_i32], &[1]).unwrap().as_slice::<f32>().unwrap_err();
    assert_eq!(error.to_string(), "a chunk of int32 was read as float32; convert it first");
}

#[test]
fn a_part_of_a_buffer_counts_as_that_part_and_is_realigned() {
    let whole = Buffer::from_vec((0..100_u8).collect::<Vec<_>>());
    let chunk = Chunk::try_new(DType::Int32, &[2], whole.slice_with_length(1, 8), None).unwrap();
    assert_eq!((chunk.nbytes(), chunk.as_slice::<i32>().unwrap()[0]), (8, i32::from_le_bytes([1, 2, 3, 4])));
    let shared = Chunk::try_new(DType::Int8, &[8], whole.slice_with_length(1, 8), None).unwrap();
    assert_eq!(shared.data().as_ptr(), whole.slice(1).as_ptr());
}

#[test]
fn absent_elements_do_not_count_in_equality() {
    let make = |absent: i8, present: bool| {
        let validity = NullBuffer::from(vec![true, present]);
        Chunk::try_new(DType::Int8, &[2], Buffer::from_vec(vec![1, absent]), Some(validity)).unwrap()
    };
    assert_eq!(make(5, false), make(6, false));
    assert_ne!(make(5, true), make(6, true));
    assert_ne!(make(5, false), make(5, true));
    assert_eq!(make(5, true).validity(), None);
    assert_eq!(format!("{:?}", make(5, false)), "Chunk(int8, (2,), 1 absent)");
}

proptest! {
    #[test]
    fn reshaping_keeps_the_elements(chunk in random::chunk()) {
        let flat = chunk.reshape(&[chunk.n_elements() as u64]).unwrap();
        prop_assert_eq!((flat.ndim(), flat.data()), (1, chunk.data()));
        prop_assert_eq!(flat.reshape(chunk.shape()).unwrap(), chunk);
    }
}

#[test]
fn arrays_of_arrow_share_their_elements() {
    let chunk = Chunk::from_vec(vec![1.5_f32, -2.0, f32::NAN, 4.0], &[2, 2]).unwrap();
    let array = chunk.to_arrow().unwrap();
    let back = Chunk::from_arrow(&array).unwrap();
    assert_eq!(back.reshape(&[2, 2]).unwrap(), chunk);
    assert_eq!(back.data().as_ptr(), chunk.data().as_ptr());

    let part = Chunk::from_arrow(&array.slice(1, 2)).unwrap();
    assert_eq!(part.as_slice::<f32>().unwrap()[0], -2.0);
    let booleans = Chunk::from_vec(vec![true, false, true], &[3]).unwrap();
    assert_eq!(Chunk::from_arrow(&booleans.to_arrow().unwrap()).unwrap(), booleans);
    let times = Chunk::from_vec(vec![7_i64], &[1]).unwrap().view(DType::Datetime64Ns).unwrap();
    assert_eq!(Chunk::from_arrow(&times.to_arrow().unwrap()).unwrap(), times);

    let nulls = arrow_array::Int32Array::from(vec![Some(1), None, Some(3)]);
    let absent = Chunk::from_arrow(&nulls.slice(1, 2)).unwrap();
    assert!(absent.validity().unwrap().is_null(0) && absent.validity().unwrap().is_valid(1));
    let texts = arrow_array::StringArray::from(vec!["a"]);
    assert!(Chunk::from_arrow(&texts).unwrap_err().to_string().contains("Utf8"));
    let complex = Chunk::from_vec(vec![num_complex::Complex64::new(1.0, 2.0)], &[1]).unwrap();
    assert!(complex.to_arrow().is_err());
}

#[test]
fn arrays_of_ndarray_are_taken_over() {
    let array = ::ndarray::Array::from_shape_fn((3, 4), |(i, j)| (i * 4 + j) as i32);
    let place = array.as_ptr();
    let chunk = Chunk::from_ndarray(array.clone()).unwrap();
    assert_eq!(chunk.as_slice::<i32>().unwrap(), (0..12).collect::<Vec<_>>());
    let turned = Chunk::from_ndarray(array.clone().reversed_axes()).unwrap();
    assert_eq!((turned.shape(), &turned.as_slice::<i32>().unwrap()[..3]), (&[4, 3][..], &[0, 4, 8][..]));
    let moved = Chunk::from_ndarray(array).unwrap();
    assert_eq!(moved.data().as_ptr().cast(), place);
    assert_eq!(moved.as_ndarray::<i32>().unwrap()[[2, 1]], 9);
    assert!(moved.as_ndarray::<f64>().is_err());
    let part = ::ndarray::Array::from_vec(vec![1, 2, 3, 4]).slice_move(::ndarray::s![1..3]);
    assert_eq!(Chunk::from_ndarray(part).unwrap().as_slice::<i32>().unwrap(), [2, 3]);
}

#[test]
fn parts_share_their_elements() {
    let chunk = Chunk::from_vec((0..12).collect::<Vec<i32>>(), &[3, 4]).unwrap();
    let part = chunk.part(4, &[2, 4]).unwrap();
    assert_eq!(
        (part.shape(), part.as_slice::<i32>().unwrap()),
        (&[2, 4][..], &[4, 5, 6, 7, 8, 9, 10, 11][..])
    );
    assert_eq!(part.data().as_ptr(), chunk.data().as_ptr().wrapping_add(16));
    assert_eq!(chunk.part(12, &[0]).unwrap().n_elements(), 0);
    for (first, shape) in [(5, &[2, 4][..]), (13, &[0, 1]), (usize::MAX, &[1]), (0, &[u64::MAX, 2])] {
        assert!(chunk.part(first, shape).is_err(), "{first} {shape:?}");
    }
}
