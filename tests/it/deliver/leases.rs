//! The lease of a mail while it is handed over.

use super::*;

#[tokio::test]
async fn a_lease_is_renewed_while_the_attempt_lasts() {
    let held = Arc::new(Notify::new());
    let hop = NextHop::start(vec![Fault::at(".", Act::Hold(held.clone()))]).await;
    let site = Site::start(hop.address(), |config| config.deliver.timeout_seconds = 600);
    site.outbox.put(dispatch(1, &["a@city.test"], MAIL));
    assert!(site.outbox.renewed(3).await.iter().all(|until| *until == NOW.after(LEASE_SPAN)));
    assert_eq!(site.outbox.leased()[0].1, LEASE_SPAN);
    held.notify_one();
    assert_eq!(results(&site.outbox.settled(1).await[0]), ["sent 250 2.0.0 taken"]);
    site.stop().await;
}

#[tokio::test]
async fn an_attempt_is_broken_off_when_its_lease_is_lost() {
    let hop = NextHop::start(vec![Fault::at("DATA", Act::Silence).times(1)]).await;
    let site = Site::start(hop.address(), |config| {
        config.deliver.timeout_seconds = 600;
        config.deliver.max_connections = 1;
    });
    site.outbox.take_back();
    site.outbox.put(dispatch(1, &["a@city.test"], MAIL));
    site.outbox.renewed(1).await;
    site.outbox.put(dispatch(2, &["b@city.test"], MAIL));
    let settled = site.outbox.settled(1).await;
    assert_eq!(settled[0].item, dispatch(2, &[], MAIL).key.id, "nothing is settled without the lease");
    site.stop().await;
}
