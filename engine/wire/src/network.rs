//! The threads that wait for sockets, and nothing else: no user code runs on them, so that no task delays a heartbeat.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

use crate::{Error, Token};

/// Threads that wait for sockets.
const THREADS: usize = 2;
/// Threads that encode and decode values, and ask machines, at most.
const BLOCKING_THREADS_MAX: usize = 64;
/// Stack of each, in bytes: values nest.
const STACK_NBYTES: usize = 4 << 20;

/// A process's way to the network.
#[derive(Debug)]
pub struct Network {
    /// Always there, until it is dropped.
    runtime: Option<Runtime>,
    token: Option<Token>,
}

impl Network {
    /// Starts the threads. With a token, all connections are encrypted and both ends know who the other is.
    ///
    /// # Errors
    /// [`Error::Network`] when the system refuses them; [`Error::Expired`].
    pub fn start(token: Option<Token>) -> Result<Arc<Self>, Error> {
        token.as_ref().map_or(Ok(()), Token::check)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .thread_name("network")
            .thread_stack_size(STACK_NBYTES)
            .enable_all()
            .build()
            .map_err(|error| Error::Network(error.to_string()))?;
        Ok(Arc::new(Self { runtime: Some(runtime), token }))
    }

    #[expect(clippy::expect_used, reason = "it is taken out by drop alone, which has the only reference")]
    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("a runtime in use")
    }

    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Waits for this; must not be called on the network's own threads.
    ///
    /// In a program that has a tokio runtime of its own, the thread waits as it would for a disk.
    pub fn wait<F>(&self, future: F) -> F::Output
    where
        F: Future + Send,
        F::Output: Send,
    {
        let wait = || self.runtime().block_on(future);
        if Handle::try_current().is_err() {
            return wait();
        }
        // One runtime's thread cannot wait in another's.
        let waited = std::thread::scope(|scope| scope.spawn(wait).join());
        waited.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Does this at once, where what it starts can use the threads.
    pub(crate) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        let _inside = self.runtime().enter();
        work()
    }

    /// Has the threads do this.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.runtime().spawn(future)
    }
}

impl Network {
    /// Calls this once the process is asked to end, by a signal: Ctrl-C, or the one that service managers send.
    ///
    /// # Errors
    /// [`Error::Network`] when the system refuses.
    pub fn on_interrupt(&self, ended: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let failed = |error: std::io::Error| Error::Network(error.to_string());
        let asked = self.inside(asked_to_end).map_err(failed)?;
        self.runtime().spawn(async move {
            asked.await;
            ended();
        });
        Ok(())
    }
}

#[cfg(unix)]
fn asked_to_end() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        let (interrupt, terminate) = (std::pin::pin!(interrupt.recv()), std::pin::pin!(terminate.recv()));
        futures_util::future::select(interrupt, terminate).await;
    })
}

#[cfg(not(unix))]
fn asked_to_end() -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(async {
        // Without signals, a process is ended from outside.
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Does this on a thread that may wait; to be called on the network's own threads, or with one of them.
pub fn on_thread(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work);
}

impl Drop for Network {
    fn drop(&mut self) {
        // Whatever still waits for a socket waits for nobody.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
