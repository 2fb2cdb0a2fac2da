//! Messages and transfers between simulated machines.

use crate::SplitMix;

/// Message streams are in order; between streams anything may overtake anything.
#[derive(Clone, Debug)]
pub(super) struct Link {
    last_ns: u64,
}

impl Link {
    pub(super) fn new() -> Self {
        Self { last_ns: 0 }
    }

    /// When a message sent now arrives: after the latency, varied up to threefold, and after all earlier ones.
    pub(super) fn arrival_ns(&mut self, now_ns: u64, latency_ns: u64, random: &mut SplitMix) -> u64 {
        let latency_ns = latency_ns + random.below(2 * latency_ns as usize + 1) as u64;
        self.last_ns = self.last_ns.max(now_ns + latency_ns);
        self.last_ns
    }
}

/// A network card: transfers pass one after the other, each way.
#[derive(Clone, Debug, Default)]
pub(super) struct Card {
    pub(super) out_free_ns: u64,
    pub(super) in_free_ns: u64,
}

/// When a transfer that is asked for now has passed both cards. Each card is busy for the whole of it, but not
/// both at once: a card that waits for the other carries something else meanwhile, as packets do.
pub(super) fn transfer(now_ns: u64, sender: &mut Card, receiver: &mut Card, duration_ns: u64) -> u64 {
    sender.out_free_ns = sender.out_free_ns.max(now_ns) + duration_ns;
    receiver.in_free_ns = receiver.in_free_ns.max(now_ns) + duration_ns;
    sender.out_free_ns.max(receiver.in_free_ns)
}
