//! Sessions at the same time, counted per client.
//!
//! An IPv6 client is its /64, since one host commonly owns all of that. Invariant: a slot is given back when it is
//! dropped, whatever ends the session.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The slots of all clients.
#[derive(Debug)]
pub(super) struct ClientSlots {
    limit: u32,
    taken: Mutex<BTreeMap<IpAddr, u32>>,
}

/// One taken slot.
#[derive(Debug)]
pub(super) struct ClientSlot {
    slots: Arc<ClientSlots>,
    client: IpAddr,
}

impl ClientSlots {
    pub(super) fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { limit, taken: Mutex::default() })
    }

    /// A slot for `address`, unless it holds all of its own already.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<ClientSlot> {
        let client = owner(address);
        let mut taken = self.lock();
        let count = taken.entry(client).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(ClientSlot { slots: Arc::clone(self), client })
    }

    /// The map is whole between any two statements, so that a poisoned lock is no reason to stop receiving.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ClientSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        if let Some(count) = taken.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

fn owner(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_gets_as_many_slots_as_the_limit_says_and_again_when_one_is_dropped() {
        let slots = ClientSlots::new(2);
        let first = slots.take(address("192.0.2.1")).unwrap();
        let second = slots.take(address("::ffff:192.0.2.1")).unwrap();
        assert!(slots.take(address("192.0.2.1")).is_none());
        assert!(slots.take(address("192.0.2.2")).is_some(), "another client is not concerned");
        drop(first);
        assert!(slots.take(address("192.0.2.1")).is_some());
        drop(second);
        assert!(slots.lock().is_empty(), "nothing is remembered of clients that left");
    }

    #[test]
    fn an_ipv6_client_is_its_64() {
        let slots = ClientSlots::new(1);
        let slot = slots.take(address("2001:db8:1:2::1"));
        assert!(slots.take(address("2001:db8:1:2:ffff::9")).is_none());
        assert!(slots.take(address("2001:db8:1:3::1")).is_some());
        drop(slot);
    }
}
