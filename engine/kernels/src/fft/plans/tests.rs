//! That plans are kept, and no more than may be.

use super::*;

fn kept(plans: &Plans<f64>) -> Vec<usize> {
    plans.kept.lock().unwrap().iter().map(|kept| kept.n).collect()
}

#[test]
fn the_plans_used_last_are_kept() {
    let plans = Plans::<f64>::new();
    for n in 1..=PLANS_MAX {
        plans.get(Direction::Forward, n);
    }
    plans.get(Direction::Forward, 1);
    plans.get(Direction::Forward, 1000);
    let found = kept(&plans);
    assert_eq!((found.len(), &found[..2], &found[PLANS_MAX - 2..]), (PLANS_MAX, &[3, 4][..], &[1, 1000][..]));
    plans.get(Direction::Inverse, 1000);
    assert_eq!(kept(&plans)[PLANS_MAX - 2..], [1000, 1000]);
}

#[test]
fn long_plans_make_room_for_themselves() {
    let plans = Plans::<f64>::new();
    for n in [8, POINTS_MAX / 2, POINTS_MAX / 2 - 8, 16] {
        plans.get(Direction::Forward, n);
        assert!(kept(&plans).iter().sum::<usize>() <= POINTS_MAX);
    }
    assert_eq!(kept(&plans), [POINTS_MAX / 2 - 8, 16]);
    plans.get(Direction::Forward, POINTS_MAX + 2);
    assert_eq!(kept(&plans), [POINTS_MAX / 2 - 8, 16]);
}

#[test]
fn threads_share_plans() {
    let plans = Plans::<f64>::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in (1..40).cycle().take(400) {
                    let mut impulse = vec![num_complex::Complex::new(1.0, 0.0); n];
                    impulse[1..].fill(num_complex::Complex::default());
                    plans.get(Direction::Forward, n).run(&mut [], &mut impulse);
                    assert!(impulse.iter().all(|point| (point - 1.0).norm() < 1e-12));
                }
            });
        }
    });
    assert_eq!(kept(&plans).len(), 39);
}
