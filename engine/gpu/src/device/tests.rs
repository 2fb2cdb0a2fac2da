//! Memory of a device: what is in it, and who may see it.

use std::time::Duration;

use gristmill_data::{Chunk, DType};

use crate::testing;
use crate::{DeviceOptions, Error};

#[test]
fn bytes_come_back_as_they_went_there() {
    let Some(device) = testing::device() else { return };
    // More than one step of a transfer, and lengths that are no whole words.
    for n in [0_u64, 1, 3, 4, 1000, (64 << 20) + 5] {
        let bytes: Vec<u8> = (0..n).map(|i| (i * 7 + i / 251) as u8).collect();
        let chunk = Chunk::from_vec(bytes, &[n]).unwrap();
        let there = device.copy_in(&chunk, 0).unwrap();
        assert_eq!(device.copy_out(&there).unwrap(), chunk, "{n} B");
    }
}

#[test]
fn a_tenant_finds_nothing_of_another_ones_data() {
    let Some(device) = testing::open(&DeviceOptions::default()) else { return };
    let secret = Chunk::from_vec(vec![0xabad_cafe_u32; 4096], &[4096]).unwrap();
    drop(device.copy_in(&secret, 1).unwrap());
    // One's own buffer comes back as it was left, which shows that buffers are used again.
    let own = device.array(DType::UInt32, &[4096], 1).unwrap();
    assert_eq!(device.copy_out(&own).unwrap(), secret);
    drop(own);
    let other = device.array(DType::UInt32, &[4096], 2).unwrap();
    let found = device.copy_out(&other).unwrap();
    assert!(found.as_slice::<u32>().unwrap().iter().all(|&word| word == 0));
}

#[test]
fn buffers_stay_within_the_budget() {
    let options = DeviceOptions { budget_nbytes: 1 << 20, ..Default::default() };
    let Some(device) = testing::open(&options) else { return };
    let first = device.array(DType::UInt8, &[600 << 10], 0).unwrap();
    let error = device.array(DType::UInt8, &[600 << 10], 0).unwrap_err();
    assert!(matches!(error, Error::OutOfMemory { budget_nbytes: 0x10_0000, .. }), "{error}");
    drop(first);
    // What waits for reuse makes room for another size.
    for nbytes in [600 << 10, 900 << 10, 100 << 10, 1 << 20] {
        drop(device.array(DType::UInt8, &[nbytes], 0).unwrap());
    }
}

#[test]
fn a_device_that_does_not_answer_in_time_is_lost_and_its_callers_are_told() {
    let options = DeviceOptions { deadline: Duration::ZERO, ..Default::default() };
    let Some(device) = testing::open(&options) else { return };
    let chunk = testing::numbers(DType::Float32, &[1 << 20], 1);
    let result = (0..100).try_for_each(|_| {
        let there = device.copy_in(&chunk, 0)?;
        device.copy_out(&there).map(drop)
    });
    // Whether it is too slow for no time at all is its own affair; but whoever asks gets an answer.
    if let Err(error) = result {
        assert!(matches!(&error, Error::Lost { reason, .. } if reason.contains("not answered")), "{error}");
        assert_eq!(device.check_alive(), Err(error));
    }
}

#[test]
fn more_work_takes_a_device_longer() {
    let Some(device) = testing::device() else { return };
    let seconds = |n: u64| {
        let (from, to) =
            (device.array(DType::UInt8, &[n], 0).unwrap(), device.array(DType::UInt8, &[n], 0).unwrap());
        let copy = || {
            let (from, to) = (from.buffer.clone(), to.buffer.clone());
            device.run(move |owner| owner.copy(&from, &to, n))
        };
        device.least_seconds(3, copy).unwrap()
    };
    // Sixteen thousand times as much: by whatever clock, and however busy the machine is.
    let (short, long) = (seconds(4 << 10), seconds(64 << 20));
    assert!(short > 0.0 && long > 10.0 * short, "{short} s, {long} s");
}
