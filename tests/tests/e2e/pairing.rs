//! Finding a bridge, pairing with it and choosing among bridges: `discover`, `pair`, `bridge`.

use std::{
    io::Read as _,
    net::{Ipv4Addr, TcpListener, UdpSocket},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result};
use hue_bridge_sim::{Announcement, Home, LinkButton, Simulator};
use lamplighter_tests::{CommandOutput, Era, Setup, Terminal};
use serde_json::{Value, json};

const OTHER_BRIDGE_ID: &str = "ecb5fafffe000002";

async fn pressed() -> Result<(Simulator, String)> {
    let bridge = Simulator::builder().link_button(LinkButton::Pressed).start().await?;
    let host = bridge.address().to_string();
    Ok((bridge, host))
}

/// Reads the application keys in the file of bridges.
fn keys(file: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file).context("no bridge was stored")?;
    let keys = text.lines().filter_map(|line| line.strip_prefix("key = \"")?.strip_suffix('"'));
    Ok(keys.map(str::to_owned).collect())
}

fn mode(path: &Path) -> Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

#[tokio::test]
async fn a_bridge_at_an_address_is_shown_as_a_table_and_as_json() -> Result<()> {
    let (bridge, host) = pressed().await?;
    let terminal = Terminal::new()?;
    let table = terminal.run(&["discover", &host]).await?;
    assert_eq!(table.code, Some(0), "{table:?}");
    let line = table.stdout.lines().nth(1).unwrap_or_default();
    for part in [&host, bridge.bridge_id(), "BSB002", "yes", "its own", "address"] {
        assert!(line.contains(part), "{part}: {}", table.stdout);
    }
    assert!(table.stderr.contains(&format!("lamplighter pair {host}")), "{}", table.stderr);
    let json = terminal.run(&["discover", "--json", &host]).await?;
    let found: Value = serde_json::from_str(&json.stdout)?;
    assert_eq!(found["bridges"][0]["id"], bridge.bridge_id());
    assert_eq!(found["bridges"][0]["certificate"]["issuer"], "self");
    assert_eq!(found["problems"], json!([]));
    assert!(!terminal.bridges_file().exists(), "looking stores nothing");
    Ok(())
}

#[tokio::test]
async fn where_no_bridge_is_it_says_so_and_what_helps() -> Result<()> {
    let terminal = Terminal::new()?;
    let nobody = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let discover = terminal.run(&["discover", &nobody]).await?;
    assert_eq!((discover.code, discover.stdout.as_str()), (Some(1), ""));
    for hint in ["the connection was refused", "VPN", "same\n    network", "lamplighter discover 192.168.1.2"] {
        assert!(discover.stderr.contains(hint), "{hint}: {}", discover.stderr);
    }
    let json = terminal.run(&["discover", "--json", &nobody]).await?;
    let found: Value = serde_json::from_str(&json.stdout)?;
    assert_eq!((json.code, &found["bridges"]), (Some(1), &json!([])));
    let pair = terminal.run(&["pair", &nobody]).await?;
    assert_eq!(pair.code, Some(1));
    assert!(pair.stderr.contains("cannot be reached: the connection was refused"), "{}", pair.stderr);
    Ok(())
}

#[tokio::test]
async fn pairing_waits_for_the_button_and_stores_a_key_that_nobody_sees() -> Result<()> {
    let bridge = Simulator::builder().start().await?;
    let host = bridge.address().to_string();
    let terminal = Terminal::new()?;
    let running = terminal.start(&["pair", &host])?;
    running.says("Waiting for it: 60 s").await?;
    bridge.press_link_button();
    let paired = running.end().await?;
    assert_eq!(paired.code, Some(0), "{paired:?}");
    assert!(paired.stdout.contains("Next: lamplighter serve"), "{}", paired.stdout);
    assert!(paired.stdout.contains("only this very one is accepted"), "{}", paired.stdout);

    let file = terminal.bridges_file();
    assert_eq!((mode(&file)?, mode(file.parent().context("a folder")?)?), (0o600, 0o700));
    let keys = keys(&file)?;
    assert_eq!(keys.len(), 1);
    assert!(!paired.text().contains(&keys[0]), "the key is shown");
    let last = bridge.requests().pop().context("no request")?;
    assert_eq!((last.path.as_str(), last.status), ("/clip/v2/resource/bridge", 200), "the key was tried");
    Ok(())
}

#[tokio::test]
async fn a_button_that_nobody_presses_ends_in_time_with_nothing_stored() -> Result<()> {
    let bridge = Simulator::builder().start().await?;
    let terminal = Terminal::new()?;
    let pair = terminal.run(&["pair", "--timeout", "2", &bridge.address().to_string()]).await?;
    assert_eq!(pair.code, Some(1));
    assert!(pair.stderr.contains("the button was not pressed within 2 s"), "{}", pair.stderr);
    assert!(!terminal.bridges_file().exists());
    let asked = bridge.requests().iter().filter(|request| request.method == "POST").count();
    assert!((1..=3).contains(&asked), "{asked}");
    Ok(())
}

#[tokio::test]
async fn who_gives_up_leaves_nothing_behind() -> Result<()> {
    let bridge = Simulator::builder().start().await?;
    let terminal = Terminal::new()?;
    let running = terminal.start(&["pair", &bridge.address().to_string()])?;
    running.says("Waiting for it").await?;
    running.signal("INT")?;
    let given_up = running.end().await?;
    assert_eq!(given_up.code, Some(1));
    assert!(given_up.stderr.contains("given up; nothing was stored"), "{}", given_up.stderr);
    assert!(!terminal.bridges_file().exists());
    Ok(())
}

#[tokio::test]
async fn a_second_bridge_is_stored_beside_the_first_which_stays_the_default() -> Result<()> {
    let (one, first) = pressed().await?;
    let two = Simulator::builder().bridge_id(OTHER_BRIDGE_ID).link_button(LinkButton::Pressed).start().await?;
    let terminal = Terminal::new()?;
    terminal.run(&["pair", &first]).await?;
    let second = terminal.run(&["pair", &two.address().to_string()]).await?;
    assert!(second.stdout.contains(&format!("lamplighter bridge default {OTHER_BRIDGE_ID}")), "{}", second.stdout);
    let list = terminal.run(&["bridge", "list"]).await?;
    let default = |list: &str| list.lines().filter(|line| line.starts_with('*')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(list.stdout.lines().count(), 3, "{}", list.stdout);
    assert!(default(&list.stdout)[0].contains(one.bridge_id()), "{}", list.stdout);

    assert_eq!(terminal.run(&["bridge", "default", &OTHER_BRIDGE_ID.to_uppercase()]).await?.code, Some(0));
    let list = terminal.run(&["bridge", "list"]).await?;
    assert!(default(&list.stdout)[0].contains(OTHER_BRIDGE_ID), "{}", list.stdout);

    let before = keys(&terminal.bridges_file())?;
    terminal.run(&["pair", &first]).await?;
    let after = keys(&terminal.bridges_file())?;
    assert_eq!((after.len(), after[1] == before[1], after[0] == before[0]), (2, true, false), "paired anew");

    let unknown = terminal.run(&["bridge", "forget", "kitchen"]).await?;
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("`kitchen` names no stored bridge: there are"), "{}", unknown.stderr);
    assert_eq!(terminal.run(&["bridge", "forget", OTHER_BRIDGE_ID]).await?.code, Some(0));
    assert_eq!(keys(&terminal.bridges_file())?, [after[0].clone()]);
    Ok(())
}

#[tokio::test]
async fn nothing_is_said_to_who_speaks_no_tls() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let host = listener.local_addr()?.to_string();
    let heard = std::thread::spawn(move || -> std::io::Result<Vec<u8>> {
        let (mut stream, _) = listener.accept()?;
        let mut heard = vec![0; 3];
        stream.read_exact(&mut heard)?;
        Ok(heard)
    });
    let pair = Terminal::new()?.run(&["pair", &host]).await?;
    assert_eq!(pair.code, Some(1), "{pair:?}");
    let heard = heard.join().map_err(|_| anyhow::anyhow!("the listener failed"))??;
    assert_eq!(heard[..2], [0x16, 0x03], "a TLS handshake, and no HTTP");
    Ok(())
}

/// Tells whether a datagram to the group of multicast DNS comes back on loopback, which fails in some containers.
fn multicast_works() -> bool {
    let group = Ipv4Addr::new(224, 0, 0, 251);
    let probe = || -> std::io::Result<bool> {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
        socket.set_read_timeout(Some(Duration::from_secs(2)))?;
        let sender = UdpSocket::bind("127.0.0.1:0")?;
        sender.send_to(b"probe", (group, socket.local_addr()?.port()))?;
        Ok(socket.recv(&mut [0; 16])? == 5)
    };
    probe().unwrap_or(false)
}

/// Uses the real port of multicast DNS. Other bridges may answer too, so each is known by its id.
#[tokio::test]
async fn a_bridge_is_found_by_multicast_and_found_again_where_it_moved_to() -> Result<()> {
    if !multicast_works() {
        eprintln!("skipped: there is no multicast on loopback here");
        return Ok(());
    }
    let builder = Simulator::builder().bridge_id("001788fffec0ffee").link_button(LinkButton::Pressed);
    let bridge = builder.announce(Announcement::default()).start().await?;
    let terminal = Terminal::new()?;
    let found = terminal.run(&["discover", "--cloud", "never", "--json"]).await?;
    let found: Value = serde_json::from_str(&found.stdout)?;
    let ours = |bridge: &&Value| bridge["id"] == "001788fffec0ffee";
    let ours = found["bridges"].as_array().into_iter().flatten().find(ours).context("it was not found")?;
    let host = ours["address"].as_str().context("it has an address")?;
    assert_eq!((host, &ours["found_by"]), (bridge.address().to_string().as_str(), &json!(["mDNS"])));
    terminal.run(&["pair", host]).await?;

    let stored = std::fs::read_to_string(terminal.bridges_file())?;
    let (server, client) = Setup::new().first_party("lights")?.stored_bridges(&stored).connect(Era::Modern).await?;
    client.call("hue_list_lights", json!({})).await?;
    let mark = server.log.mark();
    let new = bridge.move_to(([127, 0, 0, 1], 0).into()).await?.to_string();
    server.log.wait("the move", mark, |entry| entry.message() == "bridge has moved").await?;
    server.log.wait("the note", mark, |entry| entry.message() == "the bridge's new address is stored").await?;
    let file = server.plugins.bridges_file();
    assert!(std::fs::read_to_string(&file)?.contains(&format!("host = \"{new}\"")));
    assert_eq!(mode(&file)?, 0o600);
    server.log.wait("the mirror", mark, |entry| entry.message() == "mirror is live").await?;
    client.call("hue_control_light", json!({"light": "Mirror", "action": "on"})).await?;
    assert_eq!(bridge.light("Mirror").context("the demo home has one")?["on"]["on"], true);
    Ok(())
}

#[tokio::test]
async fn what_pairing_stored_is_what_serve_uses() -> Result<()> {
    let (bridge, host) = pressed().await?;
    let terminal = Terminal::new()?;
    terminal.run(&["pair", &host]).await?;
    let stored = std::fs::read_to_string(terminal.bridges_file())?;
    let (server, client) = Setup::new().first_party("lights")?.stored_bridges(&stored).connect(Era::Modern).await?;
    let answer = client.call("hue_control_light", json!({"light": "Mirror", "action": "on"})).await?;
    let light = bridge.light("Mirror").context("the demo home has one")?;
    assert_eq!(light["on"]["on"], true, "{answer}");
    for key in keys(&terminal.bridges_file())? {
        assert!(!server.log.text().contains(&key) && !answer.to_string().contains(&key));
    }
    Ok(())
}

#[tokio::test]
async fn a_home_that_was_moved_to_another_bridge_is_followed_once_both_are_checked() -> Result<()> {
    let (old, host) = pressed().await?;
    let terminal = Terminal::new()?;
    terminal.run(&["pair", &host]).await?;
    let before = std::fs::read_to_string(terminal.bridges_file())?;
    let key = keys(&terminal.bridges_file())?.pop().context("one key")?;
    let moved = Simulator::builder().bridge_id(OTHER_BRIDGE_ID).home(Home::bridge_pro());
    let stranger = moved.clone().start().await?;
    let other_home =
        Home::from_json(r#"[{"id": "b", "type": "bridge"}, {"id": "l", "type": "light", "on": {"on": true}}]"#)?;
    let elsewhere = moved.clone().home(other_home).application_key(&key).start().await?;
    let new = moved.application_key(&key).start().await?;

    for (bridge, reason) in
        [(&old, "itself"), (&stranger, "does not know the key"), (&elsewhere, "has another home: no light is the same")]
    {
        let address = bridge.address().to_string();
        let unknown = terminal.run(&["bridge", "move", old.bridge_id(), &address]).await?;
        let pin = unknown.stderr.split_whitespace().find(|word| word.len() == 65).unwrap_or_default().replace(';', "");
        let refused = if pin.is_empty() { unknown } else { move_to(&terminal, &old, &address, &pin).await? };
        assert_eq!(refused.code, Some(1));
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
        assert_eq!(std::fs::read_to_string(terminal.bridges_file())?, before);
    }
    assert!(stranger.requests().iter().filter(|request| request.path.starts_with("/clip")).count() <= 1);

    let address = new.address().to_string();
    let unknown = terminal.run(&["bridge", "move", old.bridge_id(), &address]).await?;
    assert!(unknown.stderr.contains("Signify did not issue"), "{}", unknown.stderr);
    assert!(new.requests().iter().all(|request| !request.path.starts_with("/clip")), "no key is sent before");
    let pin = unknown.stderr.split_whitespace().find(|word| word.len() == 65).context("a pin")?.replace(';', "");
    let done = move_to(&terminal, &old, &address, &pin).await?;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let after = std::fs::read_to_string(terminal.bridges_file())?;
    assert!(after.contains(&format!("default = \"{OTHER_BRIDGE_ID}\"")) && !after.contains(old.bridge_id()), "moved");
    assert_eq!(keys(&terminal.bridges_file())?, [key]);
    Ok(())
}

async fn move_to(terminal: &Terminal, old: &Simulator, address: &str, pin: &str) -> Result<CommandOutput> {
    terminal.run(&["bridge", "move", old.bridge_id(), address, "--certificate-sha256", pin]).await
}
