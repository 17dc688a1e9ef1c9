//! Python and JavaScript do in a plugin what the table in `docs/plugins.md` says.

use anyhow::{Context, Result};
use lamplighter_tests::{Era, Setup, example};
use serde_json::{Value, json};

/// Calls the guest that tells of its language, twice. Returns `None` where the language cannot be built.
async fn two_calls(component: &str) -> Result<Option<[Value; 2]>> {
    let Some(component) = example(component)? else { return Ok(None) };
    let (_server, client) = Setup::new().plugin("whoami", component).home().await?.connect(Era::Modern).await?;
    let mut seen = [Value::Null, Value::Null];
    for call in &mut seen {
        *call = client.call("language", json!({})).await?["structuredContent"].clone();
        call.as_object().context("the guest tells something")?;
    }
    Ok(Some(seen))
}

#[track_caller]
fn assert_seen(seen: &Value, expected: &Value) {
    for (what, expected) in expected.as_object().expect("a table") {
        assert_eq!(&seen[what], expected, "{what}: {seen:#}");
    }
}

#[tokio::test]
async fn python_does_what_the_table_says() -> Result<()> {
    let Some([first, second]) = two_calls("whoami-python").await? else { return Ok(()) };
    assert_eq!(first["random_of_module_top"], second["random_of_module_top"]);
    assert_ne!(first["random"], second["random"]);
    assert_eq!(first["hash"], second["hash"]);
    let expected = json!({
        "build_is_past": true,
        "monotonic_goes_back": true,
        "asyncio": "PermissionError",
        "thread": "RuntimeError",
        "thread_pool": "ModuleNotFoundError",
        "temporary_file": "FileNotFoundError",
        "recursion": "RecursionError",
        "locale": ["de_DE.UTF-8", "0.5"],
        "encoding": "LookupError",
    });
    assert_seen(&first, &expected);
    let zone = first["zone"].as_str().unwrap_or_default();
    assert!(["ImportError", "ModuleNotFoundError", "ZoneInfoNotFoundError"].contains(&zone), "{first:#}");
    Ok(())
}

#[tokio::test]
async fn javascript_does_what_the_table_says() -> Result<()> {
    let Some([first, second]) = two_calls("whoami-javascript").await? else { return Ok(()) };
    assert_ne!(first["random"], second["random"]);
    assert_ne!(first["uuid"], second["uuid"]);
    let expected = json!({
        "intl": "undefined",
        "normalize": "undefined",
        "time_in_tokyo": "00:00:00",
        "sorted": ["Z", "a", "z", "ä"],
        "letter_class": "SyntaxError",
        "host_error": {"name": "ComponentError", "is_error": false, "tag": "not-found"},
    });
    assert_seen(&first, &expected);
    Ok(())
}
