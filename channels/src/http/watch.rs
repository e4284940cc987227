//! Sees when a request begins to be written.
//!
//! The client makes connections, TLS included, before it writes anything of the request, so whatever fails until then was
//! surely not taken. This stands outermost in the chain of connectors, where only requests pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Whether anything was written since it was last asked. One sender makes one call at a time, so one flag will do.
#[derive(Debug, Clone, Default)]
pub(super) struct Wrote {
    anything: Arc<AtomicBool>,
    /// How much time must be left for a request to begin.
    least: Duration,
}

impl Wrote {
    /// Nothing yet; no request begins with less time left than this.
    pub(super) fn with_left(least: Duration) -> Wrote {
        Wrote { least, ..Wrote::default() }
    }

    /// Before a call.
    pub(super) fn reset(&self) {
        self.anything.store(false, Ordering::Relaxed);
    }

    /// After it.
    pub(super) fn anything(&self) -> bool {
        self.anything.load(Ordering::Relaxed)
    }
}

/// The end of the chain.
#[derive(Debug)]
pub(super) struct Watch(pub(super) Wrote);

impl Connector<Box<dyn Transport>> for Watch {
    type Out = Watched;

    fn connect(
        &self,
        _details: &ConnectionDetails<'_>,
        chained: Option<Box<dyn Transport>>,
    ) -> Result<Option<Watched>, Error> {
        Ok(chained.map(|inner| Watched { inner, wrote: self.0.clone() }))
    }
}

/// A connection whose writing is seen.
#[derive(Debug)]
pub(super) struct Watched {
    inner: Box<dyn Transport>,
    wrote: Wrote,
}

impl Transport for Watched {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    /// Told before it is tried: a write that fails may have got through in part.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if !self.wrote.anything() && *timeout.after < self.wrote.least {
            return Err(Error::Timeout(timeout.reason));
        }
        self.wrote.anything.store(true, Ordering::Relaxed);
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
