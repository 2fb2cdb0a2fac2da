//! Tasks that a guest starts: what it may, and what its waiting costs it.

use std::sync::Arc;
use std::time::Duration;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use parking_lot::Mutex;

use super::{prebuilt, runtime};
use crate::{CallContext, Limits, Operand, Plugin, Submitter};

/// Takes every task, and ends it after a while.
#[derive(Default)]
struct Mill {
    started: Mutex<Vec<(String, Vec<Operand>)>>,
    released: Mutex<Vec<u32>>,
    takes: Duration,
}

impl Submitter for Mill {
    fn submit(&self, function: &str, args: Vec<Operand>) -> Result<u32, TaskError> {
        let mut started = self.started.lock();
        started.push((function.to_owned(), args));
        Ok(started.len() as u32 - 1)
    }

    fn wait(&self, task: u32) -> Result<Value, TaskError> {
        std::thread::sleep(self.takes);
        Ok(Value::Float(f64::from(task)))
    }

    fn release(&self, task: u32) {
        self.released.lock().push(task);
    }
}

fn quadrature() -> Arc<Plugin> {
    runtime().load(&prebuilt("quadrature")).unwrap()
}

fn powers(mill: &Arc<Mill>, limits: Limits) -> Result<Value, TaskError> {
    let ctx = CallContext::new().limits(limits).submitter(mill.clone());
    quadrature().call("powers", &[Value::UInt(3)], &ctx)
}

#[test]
fn a_guest_starts_tasks_and_hands_on_results_that_it_has_not_seen() {
    let mill = Arc::new(Mill::default());
    // Of three, one is added to nothing.
    assert_eq!(powers(&mill, Limits::default()).unwrap(), Value::Float(5.0));
    let started = mill.started.lock();
    let names: Vec<&str> = started.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["power", "power", "power", "add", "add", "add"]);
    assert!(matches!(started[1].1[..], [Operand::Value(Value::UInt(1))]));
    assert!(matches!(started[3].1[..], [Operand::Task(0), Operand::Task(1)]));
    assert!(matches!(started[4].1[..], [Operand::Task(2), Operand::Value(Value::Float(_))]));
    let mut released = mill.released.lock().clone();
    released.sort_unstable();
    assert_eq!(released, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_guest_starts_no_more_than_it_may() {
    let mill = Arc::new(Mill::default());
    let error = powers(&mill, Limits { submits: 2, ..Limits::default() }).unwrap_err();
    assert_eq!((error.kind, mill.started.lock().len()), (TaskErrorKind::HostcallLimit, 2));
    let alone = quadrature().call("powers", &[Value::UInt(3)], &CallContext::new());
    assert_eq!(alone.unwrap_err().kind, TaskErrorKind::PermissionDenied);
}

#[test]
fn waiting_is_no_time_of_the_guests_own() {
    let mill = Arc::new(Mill { takes: Duration::from_millis(600), ..Mill::default() });
    let limits = Limits { deadline: Duration::from_millis(300), ..Limits::default() };
    let ctx = CallContext::new().limits(limits).submitter(mill);
    // It waits twice.
    let args = ["runge".into(), Value::Float(-1.0), Value::Float(1.0), Value::Float(1e-15)];
    assert_eq!(quadrature().call("integrate", &args, &ctx).unwrap(), Value::Float(1.0));
}
