//! What ends a Python guest, or nearly, is told in words or is an error in Python.

use anyhow::Result;
use lamplighter_tests::{Client, Entry, Era, Server, Setup, example};
use serde_json::json;

/// Starts the guest with a simulated home. Returns `None` where Python cannot be built.
async fn session() -> Result<Option<(Server, Client)>> {
    let Some(component) = example("pitfalls-python")? else { return Ok(None) };
    Setup::new().plugin("pitfalls", component).home().await?.connect(Era::Modern).await.map(Some)
}

#[tokio::test]
async fn a_value_of_another_type_than_the_contracts_is_told_to_the_caller_and_in_the_log() -> Result<()> {
    let Some((server, client)) = session().await? else { return Ok(()) };
    let wrong_type = "a value has the wrong Python type: ";
    for (tool, told) in [
        ("float_for_int", "'float' object cannot be interpreted as an integer"),
        ("none_for_int", "'NoneType' object cannot be interpreted as an integer"),
        ("bytes_for_str", "'bytes' object is not an instance of 'str'"),
        ("str_for_bytes", "'value' is no bytes"),
        ("str_for_float", "must be real number, not str"),
        ("return_str", "'str' object has no attribute 'meta'"),
        ("return_dict_for_json", "'dict' object is not an instance of 'str'"),
        ("return_tuple_for_list", "() is no list"),
    ] {
        let text = client.call_failing(tool, json!({})).await?;
        assert!(text.contains(&format!("{wrong_type}{told}: convert ")), "{tool}: {text}");
        let is_told = |entry: &Entry| {
            entry.message() == "call failed" && entry.field("tool") == tool && entry.field("reason").contains(told)
        };
        server.log.wait("the reason in the log", 0, is_told).await?;
        // Repeated crashes in a row would disable the plugin.
        client.call("pure", json!({})).await?;
    }
    let text = client.call_failing("negative", json!({})).await?;
    assert!(text.contains("a value does not fit its type in the contract: can't convert negative int"), "{text}");
    Ok(())
}

#[tokio::test]
async fn deep_recursion_through_functions_in_c_is_an_error_in_python() -> Result<()> {
    let Some((_server, client)) = session().await? else { return Ok(()) };
    for tool in ["pure", "repr_self", "getattr_self", "sorted_key", "deepcopy", "regex"] {
        let answer = client.call(tool, json!({})).await?;
        assert_eq!(answer["structuredContent"]["outcome"], "RecursionError", "{tool}: {answer}");
    }
    for tool in ["json_dumps", "repr_list", "compare"] {
        let answer = client.call(tool, json!({})).await?;
        assert_eq!(answer["structuredContent"]["outcome"], "no error", "{tool}: {answer}");
    }
    Ok(())
}
