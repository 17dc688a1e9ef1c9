//! `lamplighter plugin`, as an author and an operator use it.

use anyhow::Result;
use lamplighter_tests::{Setup, guest};
use serde_json::Value;

#[tokio::test]
async fn check_says_what_a_plugin_needs_and_what_is_wrong() -> Result<()> {
    let server = Setup::new().plugin("keeper", guest("keeper")?).plugin("trap", guest("trap")?).start().await?;
    let file = server.plugins.file("keeper").display().to_string();
    let check = server.command(&["plugin", "check", &file, "--json"]).await?;
    let report: Value = serde_json::from_str(&check.stdout)?;
    assert_eq!((check.code, &report["errors"]), (Some(0), &Value::Array(Vec::new())), "{report}");
    assert_eq!((report["name"].as_str(), report["contract"].as_str()), (Some("keeper"), Some("0.1.0")));
    let imports = report["imports"].as_array().expect("imports");
    let clip = imports.iter().find(|import| import["interface"] == "clip").expect("it imports clip");
    assert_eq!(clip["granted"], false);
    assert!(clip["to_grant"].as_str().is_some_and(|lines| lines.contains("[plugins.keeper]")), "{clip}");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("keep.key: it has no description"), "{warnings}");
    let text = server.command(&["plugin", "check", &file]).await?;
    assert!(text.stdout.contains("NOT GRANTED by default") && text.stdout.lines().count() < 50, "{}", text.stdout);
    Ok(())
}

#[tokio::test]
async fn check_tells_an_author_what_a_bad_file_is() -> Result<()> {
    let server = Setup::new().plugin("echo", guest("echo")?).start().await?;
    let file = server.plugins.user().join("core.wasm");
    std::fs::write(&file, b"\0asm\x01\0\0\0")?;
    let check = server.command(&["plugin", "check", &file.display().to_string()]).await?;
    assert_eq!(check.code, Some(1));
    assert!(check.stdout.contains("this is a core module, not a component"), "{}", check.stdout);
    // The same tools under another name collide with what is installed.
    let file = server.plugins.user().join("second.wasm");
    std::fs::write(&file, guest("echo")?)?;
    let check = server.command(&["plugin", "check", &file.display().to_string()]).await?;
    assert_eq!(check.code, Some(1));
    assert!(check.stdout.contains("already served by the plugin \"echo\""), "{}", check.stdout);
    Ok(())
}

#[tokio::test]
async fn call_runs_a_tool_on_a_simulated_home() -> Result<()> {
    let server = Setup::new().first_party("lights")?.start().await?;
    let file = server.plugins.file("lights").display().to_string();
    let arguments = r#"{"light": "desk lamp", "action": "on", "brightness_pct": 40}"#;
    let call = server.command(&["plugin", "call", &file, "hue_control_light", arguments]).await?;
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(call.stdout.starts_with("Desk lamp: on, 40 %"), "{}", call.stdout);
    let call = server.command(&["plugin", "call", &file, "hue_control_light", r#"{"light": "nowhere"}"#]).await?;
    assert_eq!(call.code, Some(1), "{}", call.stdout);
    let call = server.command(&["plugin", "call", &file, "no_such_tool"]).await?;
    assert!(call.code == Some(1) && call.stderr.contains("hue_list_lights"), "{}", call.stderr);
    Ok(())
}

#[tokio::test]
async fn list_shows_what_is_served_and_why_the_rest_is_not() -> Result<()> {
    let server = Setup::new().guest("echo")?.plugin("broken", b"not wasm".to_vec()).start().await?;
    let list = server.command(&["plugin", "list", "--json"]).await?;
    let rows: Value = serde_json::from_str(&list.stdout)?;
    assert_eq!(list.code, Some(1));
    assert_eq!((rows[0]["name"].as_str(), rows[0]["state"].as_str()), (Some("broken"), Some("refused")), "{rows}");
    assert_eq!((rows[1]["name"].as_str(), rows[1]["state"].as_str()), (Some("echo"), Some("served")), "{rows}");
    Ok(())
}
