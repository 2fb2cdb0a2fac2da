//! One thread that talks to all servers. Any other may wait for it, a thread of someone else's async runtime too.

use std::io;
use std::sync::{Mutex, PoisonError, mpsc};

use tokio::runtime::{Builder, Handle};

/// The running thread, once something was asked for.
static RUNNING: Mutex<Option<Handle>> = Mutex::new(None);

/// What `work` comes to.
pub(super) fn wait_for<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    handle()?.spawn(async move {
        // Nobody waits any more if the asking thread has died.
        let _ = sender.send(work.await);
    });
    receiver.recv().map_err(|_| io::Error::other("the request was given up"))
}

fn handle() -> io::Result<Handle> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = running.as_ref() {
        return Ok(handle.clone());
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let serve = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name("gristmill-remote".to_owned()).spawn(serve)?;
    *running = Some(handle.clone());
    Ok(handle)
}
