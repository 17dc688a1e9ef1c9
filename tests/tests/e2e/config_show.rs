//! `lamplighter config show` prints every setting with its value and its origin.

use anyhow::{Context, Result};
use lamplighter_tests::{Home, Setup};
use serde_json::{Value, json};

const CONFIG_TOML: &str = "\
[log]
level = \"debug\"

[plugins.party]
grant = [\"clip\"]
deny = [\"storage\"]
pin = \"surface\"
memory_mib = 128

[plugins.party.control]
rooms = [\"Kitchen\"]

[plugins.party.settings]
default_brightness = 60
api_token = \"hush-hush\"
account = { user = \"me\", password = \"hush-hush\" }
";

fn setting<'a>(settings: &'a Value, key: &str) -> Result<&'a Value> {
    let found = settings.as_array().into_iter().flatten().find(|setting| setting["key"] == key);
    found.with_context(|| format!("there is no {key} in {settings}"))
}

#[tokio::test]
async fn each_setting_is_shown_with_where_it_was_written() -> Result<()> {
    let setup = Setup::new().config(CONFIG_TOML).guest("echo")?;
    let server = setup.variable("LAMPLIGHTER_LOG_FORMAT", "json").home().await?.start().await?;
    let shown = server.command(&["config", "show", "--json"]).await?.succeeded()?;
    let shown: Value = serde_json::from_str(&shown.stdout)?;
    let from = |key: &str| setting(&shown["settings"], key).map(|setting| setting["from"].clone());
    let file = server.plugins.user().join("config.toml").display().to_string();
    assert_eq!(from("config")?, "LAMPLIGHTER_CONFIG");
    assert_eq!(from("plugins_dir")?, "--plugins");
    assert_eq!(from("state_dir")?, "default");
    assert_eq!(from("log.level")?, format!("{file}:2"));
    assert_eq!(from("log.format")?, "LAMPLIGHTER_LOG_FORMAT");
    assert_eq!(from("bridge.key")?, "LAMPLIGHTER_BRIDGE_KEY");

    let party = |key: &str| setting(&shown["plugins"]["party"], key);
    for (key, value, line) in [
        ("clip", json!(true), 5),
        ("storage", json!(false), 6),
        ("pin", json!("surface"), 7),
        ("memory_mib", json!(128), 8),
        ("control.rooms", json!(["Kitchen"]), 11),
        ("settings.default_brightness", json!(60), 14),
        ("settings.api_token", json!("(hidden)"), 15),
        ("settings.account", json!({"user": "me", "password": "(hidden)"}), 16),
    ] {
        assert_eq!((&party(key)?["value"], &party(key)?["from"]), (&value, &json!(format!("{file}:{line}"))), "{key}");
    }
    assert_eq!((&party("home")?["value"], &party("home")?["from"]), (&json!(true), &json!("default")));
    assert_eq!(setting(&shown["plugins"]["echo"], "clip")?["value"], false, "what is installed is shown too");
    Ok(())
}

#[tokio::test]
async fn what_is_shown_to_people_hides_what_is_secret() -> Result<()> {
    let server = Setup::new().config(CONFIG_TOML).guest("echo")?.home().await?.start().await?;
    for arguments in [["config", "show"].as_slice(), &["config", "show", "--json"]] {
        let shown = server.command(arguments).await?.succeeded()?;
        assert!(
            !shown.text().contains(Home::APPLICATION_KEY) && !shown.text().contains("hush-hush"),
            "{}",
            shown.text()
        );
        assert!(shown.stdout.contains("(hidden)"), "{}", shown.stdout);
    }
    let shown = server.command(&["config", "show"]).await?.succeeded()?;
    let line = |word: &str| shown.stdout.lines().find(|line| line.contains(word)).unwrap_or_default();
    assert!(line("echo ").contains("settings home control status storage"), "{}", shown.stdout);
    assert!(line("clip ").contains("granted"), "{}", shown.stdout);
    assert!(line("storage ").contains("denied"), "{}", shown.stdout);
    Ok(())
}

#[tokio::test]
async fn a_wrong_configuration_is_not_shown() -> Result<()> {
    let server = Setup::new().start().await?;
    let file = server.plugins.user().join("wrong.toml");
    std::fs::write(&file, "plugin_dir = \"x\"\n")?;
    let shown = server.command(&["config", "show", "--config", &file.display().to_string()]).await?;
    assert!(shown.code == Some(2) && shown.stderr.contains("did you mean `plugins_dir`"), "{}", shown.text());
    Ok(())
}
