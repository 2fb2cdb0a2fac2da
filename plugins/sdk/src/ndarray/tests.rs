//! Chunks from bytes at any address, and back.

use super::*;

fn any(dtype: Dtype, shape: &[u64], data: Vec<u8>) -> AnyArray {
    Ndarray { dtype, shape: shape.to_vec(), data }.into()
}

#[test]
fn bytes_become_items_and_bytes_again() {
    let items = [1.0f64, -2.5, 3.0, 4.0, 5.0, 6.0];
    let bytes: Vec<u8> = items.iter().flat_map(|x| x.to_le_bytes()).collect();
    let array = any(Dtype::Float64, &[2, 3], bytes.clone()).typed::<f64>().unwrap();
    assert_eq!(array.as_slice(), items);
    assert_eq!(array.shape(), [2, 3]);
    assert_eq!(array.rows().map(|row| row[0]).collect::<Vec<_>>(), [1.0, 4.0]);
    assert_eq!(AnyArray::from(array).bytes(), bytes);
}

#[test]
fn an_unaligned_address_is_read_all_the_same() {
    let items = [7u64, 8, 9];
    let bytes: Vec<u8> = items.iter().flat_map(|x| x.to_le_bytes()).collect();
    let unaligned: Vec<u64> = bytes.chunks_exact(8).map(bytemuck::pod_read_unaligned).collect();
    assert_eq!(Items::<u64>::from_bytes(bytes).unwrap().as_slice(), unaligned);
    assert_eq!(Items::Vec(items.to_vec()).into_bytes().len(), 24);
}

#[test]
fn what_is_not_declared_is_refused() {
    let array = |shape: &[u64], n| any(Dtype::Float64, shape, vec![0; n]);
    assert!(array(&[2], 16).typed::<i64>().unwrap_err().message.contains("expected ndarray<int64>"));
    assert!(array(&[3], 16).typed::<f64>().unwrap_err().message.contains("do not fill shape [3]"));
    assert!(array(&[2], 15).typed::<f64>().unwrap_err().message.contains("15 bytes"));
    assert!(array(&[u64::MAX, u64::MAX], 0).typed::<f64>().is_err());
    assert!(any(Dtype::Boolean, &[1], vec![2]).typed::<bool>().is_err());
    assert!(NdArray::from_vec(vec![1.0], &[2]).is_err());
}

#[test]
fn maps_keep_the_shape() {
    let array = NdArray::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[2, 2]).unwrap();
    let positive = array.map(|x| x > 2.0);
    assert_eq!((positive.shape(), positive.as_slice()), (&[2u64, 2][..], &[false, false, true, true][..]));
    let from_host = AnyArray::from(array).typed::<f64>().unwrap();
    assert_eq!(from_host.map_in_place(|x| -x).as_slice(), [-1.0, -2.0, -3.0, -4.0]);
}
