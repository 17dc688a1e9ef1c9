//! The commands of `lamplighter plugin` that authors and operators use: `check`, `call`, `list`.

use anyhow::Result;
use lamplighter_tests::{Setup, Terminal, example, first_party, guest};
use serde_json::{Value, json};

const FIRST_PARTY: [&str; 4] = ["lights", "rooms", "scenes", "health"];

#[tokio::test]
async fn check_says_what_a_plugin_needs_and_what_is_wrong() -> Result<()> {
    let server = Setup::new().plugin("stateful", guest("stateful")?).plugin("trap", guest("trap")?).start().await?;
    let file = server.plugins.file("stateful").display().to_string();
    let check = server.command(&["plugin", "check", &file, "--json"]).await?;
    let report: Value = serde_json::from_str(&check.stdout)?;
    assert_eq!((check.code, &report["errors"]), (Some(0), &Value::Array(Vec::new())), "{report}");
    assert_eq!((report["name"].as_str(), report["contract"].as_str()), (Some("stateful"), Some("0.1.0")));
    let imports = report["imports"].as_array().expect("imports");
    let clip = imports.iter().find(|import| import["interface"] == "clip").expect("it imports clip");
    assert_eq!(clip["granted"], false);
    assert!(clip["to_grant"].as_str().is_some_and(|lines| lines.contains("[plugins.stateful]")), "{clip}");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("keep.key: it has no description"), "{warnings}");
    let text = server.command(&["plugin", "check", &file]).await?;
    assert!(text.stdout.contains("NOT GRANTED by default") && text.stdout.lines().count() < 50, "{}", text.stdout);
    Ok(())
}

#[tokio::test]
async fn check_finds_nothing_in_the_first_party_plugins_and_every_argument_has_one_type() -> Result<()> {
    let server = Setup::new().start().await?;
    for name in FIRST_PARTY {
        let file = server.plugins.user().join(format!("{name}.wasm"));
        std::fs::write(&file, first_party(name)?)?;
        let check = server.command(&["plugin", "check", &file.display().to_string(), "--json"]).await?;
        let report: Value = serde_json::from_str(&check.stdout)?;
        assert_eq!((&report["errors"], &report["warnings"]), (&json!([]), &json!([])), "{name}");
        for tool in report["tools"].as_array().expect("tools") {
            let schema = &tool["input_schema"];
            assert!(!schema.to_string().contains("null"), "{schema:#}");
            for (argument, property) in schema["properties"].as_object().expect("arguments") {
                assert!(property["type"].is_string(), "{}.{argument}: {property}", tool["name"]);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn check_warns_of_numbers_in_a_plugin_in_javascript_alone() -> Result<()> {
    // It compiles anew, and leaves alone what other tests share.
    let server = Setup::new().compiles_anew().start().await?;
    for (language, toolchain, warnings) in
        [("javascript", Some("componentize-js"), 1), ("rust", None, 0), ("c", None, 0)]
    {
        let Some(component) = example(&format!("sunset-{language}"))? else { continue };
        let file = server.plugins.user().join("sunset.wasm");
        std::fs::write(&file, component)?;
        let check = server.command(&["plugin", "check", &file.display().to_string(), "--json"]).await?;
        let report: Value = serde_json::from_str(&check.stdout)?;
        let built_with = report["toolchain"].as_str().and_then(|it| it.split(' ').next());
        assert_eq!(built_with, toolchain, "{language}");
        let of_numbers = report["warnings"].as_array().expect("warnings").iter().filter_map(Value::as_str);
        let of_numbers: Vec<_> = of_numbers.filter(|warning| warning.contains("2147483648")).collect();
        assert_eq!(of_numbers.len(), warnings, "{language}: {of_numbers:?}");
        assert!(of_numbers.iter().all(|it| it.contains("control.apply (commands, options)")), "{of_numbers:?}");
        assert!(!report["warnings"].to_string().contains("it was built with"), "{language}: {report}");
    }
    Ok(())
}

#[tokio::test]
async fn check_tells_which_client_families_refuse_a_tool() -> Result<()> {
    let server = Setup::new().start().await?;
    let file = server.plugins.user().join("odd-schemas.wasm");
    std::fs::write(&file, guest("odd_schemas")?)?;
    let check = server.command(&["plugin", "check", &file.display().to_string()]).await?;
    assert_eq!(check.code, Some(1), "{}", check.stdout);
    for (label, told) in [
        ("error", "odd_list: the root of the result's schema is not"),
        ("warning", "odd_alternatives: the arguments have `oneOf`"),
        ("warning", "odd_name.filter[id]: the argument's name is not"),
    ] {
        let line = check.stdout.lines().find(|line| line.contains(told));
        let line = line.unwrap_or_else(|| panic!("{told}: {}", check.stdout));
        assert!(line.trim_start().starts_with(label) && line.contains("Claude"), "{line}");
    }
    // A list and a number are wrapped by the SDK, so only the alternatives at the root are left to tell of.
    std::fs::write(&file, guest("shed")?)?;
    let check = server.command(&["plugin", "check", &file.display().to_string()]).await?.succeeded()?;
    assert!(check.stdout.contains("shed_dim: the arguments have `oneOf`"), "{}", check.stdout);
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
async fn check_tells_what_no_file_a_folder_and_a_component_of_another_world_are() -> Result<()> {
    let server = Setup::new().start().await?;
    let folder = server.plugins.user().join("folder.wasm");
    std::fs::create_dir(&folder)?;
    let check = |file: std::path::PathBuf| {
        let server = &server;
        async move { server.command(&["plugin", "check", &file.display().to_string()]).await }
    };
    let told = check(server.plugins.user().join("missing.wasm")).await?;
    assert!(told.code == Some(1) && told.stderr.contains("there is no file"), "{}", told.text());
    let told = check(folder).await?;
    assert!(told.code == Some(1) && told.stderr.contains("cannot be read"), "{}", told.text());

    let whole = guest("echo")?;
    for (name, bytes, reason) in [
        ("cut", &whole[..whole.len() / 2], "the file is cut off"),
        ("empty", b"", "the file is empty"),
        ("other", b"\0asm\x0d\0\x01\0", "it exports nothing: build it for the world `plugin`"),
        ("Wrong-Name", whole.as_slice(), "rename the file"),
    ] {
        let file = server.plugins.user().join(format!("{name}.wasm"));
        std::fs::write(&file, bytes)?;
        let told = check(file).await?;
        assert!(told.code == Some(1) && told.stdout.contains(reason), "{name}: {}", told.text());
        assert!(told.stdout.contains("it would not be served"), "{name}: {}", told.text());
    }
    Ok(())
}

/// Cargo writes an underscore into the file name of a crate with a hyphen.
#[tokio::test]
async fn a_file_with_an_underscore_is_looked_at_under_the_name_it_can_have() -> Result<()> {
    let server = Setup::new().start().await?;
    let file = server.plugins.user().join("party_lights.wasm");
    std::fs::write(&file, guest("echo")?)?;
    let check = server.command(&["plugin", "check", &file.display().to_string()]).await?.succeeded()?;
    assert!(check.stdout.contains("served as `party-lights`"), "{}", check.stdout);
    assert!(check.stdout.contains("copy it as party-lights.wasm"), "{}", check.stdout);
    Ok(())
}

#[tokio::test]
async fn check_and_list_tell_of_prompts_and_resources() -> Result<()> {
    let server = Setup::new().plugin("almanac", guest("almanac_v1")?).start().await?;
    let file = server.plugins.file("almanac").display().to_string();
    let check = server.command(&["plugin", "check", &file]).await?.succeeded()?;
    for wanted in ["exports prompts, resources, tools", "evening(plans?, room)", "lamplighter://almanac/rooms/{room}"] {
        assert!(check.stdout.contains(wanted), "{}", check.stdout);
    }
    let list = server.command(&["plugin", "list"]).await?.succeeded()?;
    let line = list.stdout.lines().find(|line| line.starts_with("almanac ")).unwrap_or_default();
    assert!(line.contains("evening") && line.contains("lamplighter://almanac/about"), "{}", list.stdout);
    Ok(())
}

#[tokio::test]
async fn check_says_what_the_configuration_grants() -> Result<()> {
    let config = "[plugins.stateful]\ngrant = [\"clip\"]\ndeny = [\"storage\"]\n";
    let server = Setup::new().plugin("stateful", guest("stateful")?).config(config).start().await?;
    let file = server.plugins.file("stateful").display().to_string();
    let check = server.command(&["plugin", "check", &file]).await?.succeeded()?;
    let line = |name: &str| check.stdout.lines().find(|line| line.contains(&format!(" {name} "))).unwrap_or_default();
    assert!(line("clip").contains("granted by config.toml"), "{}", check.stdout);
    assert!(line("storage").contains("DENIED by config.toml"), "{}", check.stdout);
    assert!(check.stdout.contains("take \"storage\" out of `deny`"), "{}", check.stdout);
    Ok(())
}

/// Covers `lamplighter plugin check FILE | head` when `head` has ended already.
#[tokio::test]
async fn that_nobody_reads_on_is_no_failure() -> Result<()> {
    let server = Setup::new().guest("echo")?.start().await?;
    let file = server.plugins.file("echo").display().to_string();
    for (arguments, code) in [
        (vec!["plugin", "check", &file], 0),
        (vec!["plugin", "check", &file, "--json"], 0),
        (vec!["plugin", "list"], 0),
        (vec!["plugin", "call", &file, "no_such_tool"], 1),
        (vec!["bridge", "list"], 0),
    ] {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let mut command = std::process::Command::new(lamplighter_tests::binary()?);
        command.args(&arguments).env_clear().env("HOME", server.plugins.user());
        command.stdout(writer.try_clone()?).stderr(writer);
        let status = tokio::task::spawn_blocking(move || command.status()).await??;
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
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

#[tokio::test]
async fn list_tells_a_newcomer_where_to_put_a_plugin() -> Result<()> {
    let terminal = Terminal::new()?;
    let list = terminal.run(&["plugin", "list"]).await?.succeeded()?;
    let folder = terminal.home().join(".local/share/lamplighter/plugins").display().to_string();
    assert!(list.stdout.contains(&format!("{folder} is not there yet")), "{}", list.stdout);
    assert!(list.stdout.contains("lamplighter plugin new"), "{}", list.stdout);
    let list = terminal.run(&["plugin", "list", "--json"]).await?.succeeded()?;
    assert_eq!(list.stdout.trim(), "[]");
    Ok(())
}
