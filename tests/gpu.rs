//! Arrays on a GPU, which is software where the machine has no other: the same answers as on the CPU, whatever happens to
//! it on the way.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gristmill::cluster::LocalCluster;
use gristmill::gpu::{Faults, adapters};
use gristmill::prelude::*;

/// A cluster whose kernels run on a GPU where it has them; nothing where there is no adapter.
fn cluster(faults: &Arc<Faults>) -> Option<LocalCluster> {
    if adapters(true).is_empty() {
        eprintln!("skipped: no adapter");
        return None;
    }
    let builder = Cluster::local().threads(2).software_gpu(true).gpu_faults(faults.clone());
    Some(builder.device(DeviceChoice::Gpu).start().unwrap())
}

/// Numbers of one's own: `(i mod 1000) / 1000 + 1`.
fn numbers(n: u64, chunk: u64) -> Array {
    let x = Array::arange(0, n as i64, 1, chunk).astype(DType::Float32);
    (x % 1000.0) / 1000.0 + 1.0
}

fn close(got: &Chunk, expected: &Chunk) {
    assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()));
    let (got, expected) = (got.as_slice::<f32>().unwrap(), expected.as_slice::<f32>().unwrap());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= 1e-5 * expected.abs(), "{got} and not {expected}");
    }
}

#[test]
fn an_expression_gives_what_it_gives_on_the_cpu() {
    let Some(cluster) = cluster(&Arc::default()) else { return };
    let client = cluster.client();
    let x = numbers(300_000, 50_000);
    let y = (&x * 2.0 + 1.0).sqrt();
    let on_cpu = client.with_device(DeviceChoice::Cpu).compute(&[y.clone(), x.sum(())]).unwrap();
    let on_gpu = client.compute(&[y, x.sum(())]).unwrap();
    for (got, expected) in on_gpu.iter().zip(&on_cpu) {
        close(got, expected);
    }
    assert!(cluster.gpus().iter().any(|gpu| gpu.n_calls > 0), "{:?}", cluster.gpus());
}

/// What is on the GPU goes with it: it is computed again, and whoever waits for it notices nothing. The device is lost at
/// each dispatch once, until it is given up.
#[test]
fn a_device_lost_in_the_middle_of_a_graph_loses_no_result() {
    for lost_at in [1, 2, 5, 9, 14] {
        let faults = Arc::new(Faults::default());
        let Some(cluster) = cluster(&faults) else { return };
        let client = cluster.client();
        let x = numbers(400_000, 50_000);
        let expected = client.with_device(DeviceChoice::Cpu).compute(&[&x + 1.0, (&x * 2.0).sqrt()]).unwrap();
        let held = client.persist_arrays(std::slice::from_ref(&x)).unwrap().remove(0);
        client.compute(&[held.max(())]).unwrap();
        faults.lose_at.store(lost_at, Ordering::Relaxed);
        let got = client.compute(&[&held + 1.0, (&held * 2.0).sqrt()]).unwrap();
        for (got, expected) in got.iter().zip(&expected) {
            close(got, expected);
        }
        faults.lose_at.store(3, Ordering::Relaxed);
        close(&client.compute(&[&held + 1.0]).unwrap()[0], &expected[0]);
    }
}

#[test]
fn results_that_have_no_room_on_the_device_go_to_the_host() {
    if adapters(true).is_empty() {
        eprintln!("skipped: no adapter");
        return;
    }
    let builder = Cluster::local().threads(2).software_gpu(true).gpu_memory_limit_nbytes(2 << 20);
    let cluster = builder.device(DeviceChoice::Gpu).start().unwrap();
    let client = cluster.client();
    let x = numbers(2_000_000, 100_000);
    let held = client.persist_arrays(&[&x * 3.0]).unwrap().remove(0);
    close(
        &client.compute(&[&held + 1.0]).unwrap()[0],
        &client.with_device(DeviceChoice::Cpu).compute(&[&x * 3.0 + 1.0]).unwrap()[0],
    );
    let gpu = &cluster.gpus()[0];
    assert!(gpu.n_calls > 0 && gpu.resident_nbytes <= 2 << 20, "{gpu:?}");
}

#[test]
fn results_on_the_device_are_spilled_as_others_are() {
    if adapters(true).is_empty() {
        eprintln!("skipped: no adapter");
        return;
    }
    let builder = Cluster::local().threads(2).software_gpu(true).memory_limit_nbytes(4 << 20);
    let cluster = builder.device(DeviceChoice::Gpu).start().unwrap();
    let client = cluster.client();
    let x = numbers(3_000_000, 100_000);
    let held = client.persist_arrays(&[&x * 3.0]).unwrap().remove(0);
    close(
        &client.compute(&[&held + 1.0]).unwrap()[0],
        &client.with_device(DeviceChoice::Cpu).compute(&[&x * 3.0 + 1.0]).unwrap()[0],
    );
    assert!(cluster.progress().spilled_nbytes > 0);
}

#[test]
fn a_gpu_that_must_be_there_and_is_not_is_an_error() {
    if !adapters(false).is_empty() {
        eprintln!("skipped: there is a GPU");
        return;
    }
    let error = Cluster::local().device(DeviceChoice::Gpu).start().unwrap_err().to_string();
    assert!(error.contains("needs a GPU with Vulkan") && error.contains("gristmill doctor"), "{error}");
    // Software does not count, and nothing is chosen that is not there.
    let cluster = Cluster::local().threads(1).start().unwrap();
    let x = numbers(1_000_000, 500_000).with_device(DeviceChoice::Gpu);
    close(
        &cluster.client().compute(&[x]).unwrap()[0],
        &cluster.client().compute(&[numbers(1_000_000, 500_000)]).unwrap()[0],
    );
    assert!(cluster.gpus().is_empty());
}

#[test]
fn explain_says_where_each_kernel_would_run_and_why() {
    let Some(cluster) = cluster(&Arc::default()) else { return };
    let client = cluster.client();
    let x = Generator::new(1).normal(0.0, 1.0, &[1_000_000], 250_000);
    let y = (x * 2.0).sum(());
    let text = client.explain(&y).unwrap();
    let devices = text.split_once("devices\n").expect(&text).1;
    assert!(devices.contains("gpu  ") && devices.contains("us on the GPU, "), "{text}");
    assert!(devices.contains("`combine` has no shader"), "{text}");
    // Software never pays, so that nothing is there by itself.
    let auto = Cluster::local().software_gpu(true).start().unwrap();
    let text = auto.client().explain(&y).unwrap();
    assert!(!text.split_once("devices\n").expect(&text).1.contains("gpu  "), "{text}");
    let without = Cluster::local().start().unwrap().client().explain(&y).unwrap();
    assert!(!adapters(false).is_empty() || without.contains("there is no GPU"), "{without}");
}

#[test]
fn other_layouts_and_orders_stay_on_the_device_and_right() {
    let Some(cluster) = cluster(&Arc::default()) else { return };
    let client = cluster.client();
    let x = numbers(600_000, 100_000);
    let image = x.reshape(&[600, 1000]).rechunk([200, 1000]);
    let arrays = [
        image.rechunk([600, 100]) * 2.0,
        image.transpose(&[1, 0]).sum(0),
        x.cumsum(0),
        x.sort(0),
        image.slice(s![..;2, 3..]) + 1.0,
        image.slice(s![..100, ..130]).matmul(&image.slice(s![..100, ..130]).transpose(&[1, 0])),
    ];
    let expected = client.with_device(DeviceChoice::Cpu).compute(&arrays).unwrap();
    let got = client.compute(&arrays).unwrap();
    for (got, expected) in got.iter().zip(&expected) {
        assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()));
        let (got, expected) = (got.as_slice::<f32>().unwrap(), expected.as_slice::<f32>().unwrap());
        assert!(
            got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() <= 2e-4 * expected.abs())
        );
    }
}

/// The same seed gives the same numbers wherever they are made.
#[test]
fn random_numbers_are_the_same_on_either_side() {
    let Some(cluster) = cluster(&Arc::default()) else { return };
    let client = cluster.client();
    let x = Generator::new(7).random(&[300, 700], [100, 300]).astype(DType::Float32);
    let [got] = &client.compute(std::slice::from_ref(&x)).unwrap()[..] else { panic!() };
    let [expected] = &client.with_device(DeviceChoice::Cpu).compute(&[x]).unwrap()[..] else { panic!() };
    assert_eq!(got, expected);
}

/// A plugin whose function `scale` brings a map kernel in WGSL.
fn with_kernel(source: &str) -> Component {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/prebuilt/stats.wasm");
    let bytes = gristmill::sandbox::with_shader(&std::fs::read(path).unwrap(), "scale", source);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stats.wasm");
    std::fs::write(&path, bytes).unwrap();
    Component::open(&path).unwrap()
}

/// What `scale` gives for some numbers, with this kernel beside it, and why the kernel was not used.
fn scaled(cluster: &LocalCluster, source: &str) -> (Vec<f64>, String) {
    let chunk = Chunk::from_vec((0..1000).map(f64::from).collect(), &[1000]).unwrap();
    let call = delayed(with_kernel(source).function("scale"), args![Value::Chunk(chunk), 2.5]);
    let values = cluster.client().compute(&[call]).unwrap();
    let returned = cluster.returned_shaders();
    let returned: Vec<String> = returned.into_iter().map(|(reason, _)| reason).collect();
    (values[0].as_chunk().unwrap().as_slice().unwrap().to_vec(), returned.join("\n"))
}

#[test]
fn a_plugin_may_bring_a_kernel_beside_its_function() {
    let Some(cluster) = cluster(&Arc::default()) else { return };
    let expected: Vec<f64> = (0..1000).map(|n| f64::from(n) * 2.5).collect();
    let good = "fn scale(chunk: f64, by: f64) -> f64 { return chunk * by; }";
    assert_eq!(scaled(&cluster, good), (expected.clone(), String::new()));
    // Only a kernel gives this, so that it was one.
    let other = "fn scale(chunk: f64, by: f64) -> f64 { return chunk * by + 1.0; }";
    assert_eq!(scaled(&cluster, other).0, expected.iter().map(|x| x + 1.0).collect::<Vec<_>>());
    // Without a GPU it is not looked at.
    let without = Cluster::local().start().unwrap();
    assert_eq!(scaled(&without, other), (expected, String::new()));
}

/// The component's function answers, whatever is wrong with the kernel, and the reason is told.
#[test]
fn a_kernel_that_is_refused_or_does_not_end_is_replaced_by_its_component() {
    let Some(cluster) = cluster(&Arc::default()) else { return };
    let expected: Vec<f64> = (0..1000).map(|n| f64::from(n) * 2.5).collect();
    for (source, reason) in [
        ("fn scale(chunk: f64) -> f64 { return chunk; }", "scale"),
        ("fn scale(chunk: f64, by: f64) -> f64 { return chunk * ; }", "expected"),
        ("fn scale(chunk: f64, by: f64) -> f64 { loop { } return chunk; }", "turns"),
        (
            "@compute @workgroup_size(100000) fn main() {} fn scale(chunk: f64, by: f64) -> f64 { return by; }",
            "Entry point",
        ),
    ] {
        let (got, returned) = scaled(&cluster, source);
        assert_eq!(got, expected, "{source}");
        assert!(returned.contains(reason), "{source}: {returned}");
    }
}
