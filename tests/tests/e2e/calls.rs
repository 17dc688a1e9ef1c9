//! The instance of each call: it is made before the call and called once.

use anyhow::Result;
use lamplighter_tests::raw::address;
use lamplighter_tests::{Era, RawPlugin, Setup};
use serde_json::json;

/// Builds a component that traps if its instance was called before.
fn called_once() -> Result<Vec<u8>> {
    let (free, result) = (address::FREE_SPACE, address::CALL_RESULT);
    let body = format!(
        "(if (i32.load (i32.const {free})) (then unreachable))
         (i32.store (i32.const {free}) (i32.const 1))
         (i32.const {result})"
    );
    RawPlugin::new("once").calling(&body).build()
}

#[tokio::test]
async fn no_call_finds_an_instance_that_was_called_before() -> Result<()> {
    let (_server, client) = Setup::new().plugin("once", called_once()?).connect(Era::Modern).await?;
    for _ in 0..50 {
        client.call("once", json!({})).await?;
    }
    let many = (0..20).map(|_| client.call("once", json!({})));
    futures::future::try_join_all(many).await?;
    Ok(())
}

#[tokio::test]
async fn after_a_call_an_instance_stands_by_for_the_next() -> Result<()> {
    let setup = Setup::new().plugin("once", called_once()?).variable("LAMPLIGHTER_LOG", "debug");
    let (server, client) = setup.connect(Era::Modern).await?;
    for _ in 0..2 {
        let mark = server.log.mark();
        client.call("once", json!({})).await?;
        let ready = server.log.wait("an instance", mark, |it| it.says("warm instances are ready", "once")).await?;
        assert_eq!(ready.value("warm"), 1);
    }
    Ok(())
}
