//! The list of tools: what it costs a model, and what its schemas say and refuse.

use anyhow::{Context, Result, ensure};
use lamplighter_tests::{Client, Era, Server, Setup};
use serde_json::{Map, Value, json};

/// A model's tokens are about four bytes of JSON each.
const BYTES_PER_TOKEN: usize = 4;

/// The tokens of the four first-party plugins' tools without the schemas of their results.
const MAX_TOKENS: usize = 4_200;

/// The tokens of the schemas of the results.
const MAX_RESULT_TOKENS: usize = 2_500;

/// Fields of results that may be absent.
const OPTIONAL_FIELDS: [&str; 6] = ["before", "brightness_pct", "last_recall", "number", "plan", "reason"];

/// A call of a tool, and where in its `data` every mutant must be refused.
type Call = (&'static str, Value, Reach);

/// Parts of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Its fields.
    Fields,
    /// Its fields, and those of the entries of its lists.
    Entries,
    /// Everything in it.
    All,
}

/// Calls of every first-party tool. A scene is made before it is changed.
fn calls() -> Vec<Call> {
    use Reach::{Entries, Fields};
    vec![
        ("hue_list_lights", json!({}), Entries),
        ("hue_get_light", json!({"light": "Desk lamp"}), Fields),
        ("hue_control_light", json!({"light": "Desk lamp", "action": "toggle"}), Entries),
        ("hue_control_light", json!({"light": "Desk lamp", "action": "toggle", "dry_run": true}), Entries),
        ("hue_identify_light", json!({"light": "Desk lamp"}), Entries),
        ("hue_list_rooms", json!({}), Entries),
        ("hue_get_room", json!({"room": "Living room"}), Fields),
        ("hue_control_room", json!({"room": "Living room", "action": "on", "brightness_pct": 40}), Entries),
        ("hue_paint_room", json!({"room": "Living room", "colors": ["red", "blue"]}), Entries),
        ("hue_create_scene", json!({"name": "Tests", "room": "Living room"}), Fields),
        ("hue_list_scenes", json!({}), Entries),
        ("hue_activate_scene", json!({"scene": "Tests"}), Entries),
        ("hue_update_scene", json!({"scene": "Tests", "name": "Claims"}), Fields),
        ("hue_delete_scene", json!({"scene": "Claims"}), Fields),
        ("hue_get_metrics", json!({}), Entries),
        ("hue_check_health", json!({}), Entries),
    ]
}

async fn home() -> Result<(Server, Client)> {
    let mut setup = Setup::new();
    for plugin in ["lights", "rooms", "scenes", "health"] {
        setup = setup.first_party(plugin)?;
    }
    setup.home().await?.connect(Era::Modern).await
}

async fn tools(client: &Client) -> Result<Vec<Value>> {
    let listed = client.result("tools/list", json!({})).await?;
    listed["tools"].as_array().cloned().context("tools/list answers a list")
}

#[tokio::test]
async fn the_list_of_tools_costs_a_model_few_tokens() -> Result<()> {
    let (_server, client) = home().await?;
    let whole = tools(&client).await?;
    let mut without_results = whole.clone();
    for tool in &mut without_results {
        let removed = tool.as_object_mut().and_then(|tool| tool.remove("outputSchema"));
        ensure!(removed.is_some(), "{tool} has no output schema");
    }
    let bytes = |tools: Vec<Value>| Value::from(tools).to_string().len();
    let (whole, without_results) = (bytes(whole), bytes(without_results));
    let results = whole - without_results;
    let tokens = |bytes: usize| bytes.div_ceil(BYTES_PER_TOKEN);
    println!(
        "result.tools: {whole} bytes ({} tokens); without output schemas {without_results} ({}), output schemas {results} ({})",
        tokens(whole),
        tokens(without_results),
        tokens(results)
    );
    assert!(tokens(without_results) <= MAX_TOKENS, "{without_results} bytes without output schemas");
    assert!(tokens(results) <= MAX_RESULT_TOKENS, "{results} bytes of output schemas");
    Ok(())
}

#[tokio::test]
async fn every_argument_is_described() -> Result<()> {
    let (_server, client) = home().await?;
    let mut arguments = 0;
    for tool in tools(&client).await? {
        for (path, argument) in properties(&tool["inputSchema"], tool["name"].as_str().unwrap_or_default()) {
            let description = argument["description"].as_str().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            ensure!(description.split_whitespace().count() > 1, "{path} is not described: {argument}");
            ensure!(!description.eq_ignore_ascii_case(name), "{path} is described by its name");
            arguments += 1;
        }
    }
    assert!(arguments > 40, "only {arguments} arguments were found");
    Ok(())
}

#[tokio::test]
async fn a_wrong_result_is_refused_by_the_schema_that_is_sent() -> Result<()> {
    let (_server, client) = home().await?;
    let listed = tools(&client).await?;
    let mut uncalled = listed.clone();
    let (mut refused, mut all) = (0, 0);
    for (name, arguments, reach) in calls() {
        let tool = listed.iter().find(|tool| tool["name"] == name).with_context(|| format!("{name} is not listed"))?;
        uncalled.retain(|tool| tool["name"] != name);
        let validator = jsonschema::draft202012::new(&tool["outputSchema"])?;
        let answer = client.call(name, arguments).await?["structuredContent"].clone();
        ensure!(validator.is_valid(&answer), "{name} answers against its schema: {answer}");
        let accepted: Vec<_> =
            wrong_results(&answer, reach).into_iter().filter(|it| validator.is_valid(&it.1)).collect();
        ensure!(accepted.is_empty(), "the schema of {name} accepts wrong results: {:?}", paths(&accepted));
        let deep = wrong_data(&answer, Reach::All);
        all += deep.len();
        refused += deep.iter().filter(|it| !validator.is_valid(&it.1)).count();
    }
    println!("{refused} of {all} mutants of `data`, at any depth, are refused");
    ensure!(uncalled.is_empty(), "tools were not called: {uncalled:?}");
    Ok(())
}

/// Wrong values, each with the path of what is wrong in it.
type Mutants = Vec<(String, Value)>;

/// Returns wrong versions of a result: of parts of its `data`, and of the rest.
fn wrong_results(answer: &Value, reach: Reach) -> Mutants {
    let mut wrong = wrong_data(answer, reach);
    wrong.push(("data".to_owned(), with(answer, "data", json!("none"))));
    wrong.push(("an unknown status".to_owned(), with(answer, "status", json!("perhaps"))));
    let names = answer.as_object().into_iter().flat_map(Map::keys);
    wrong.extend(names.map(|name| (format!("without {name}"), without(answer, name))));
    wrong
}

fn wrong_data(answer: &Value, reach: Reach) -> Mutants {
    let data = mutants(&answer["data"], "data", reach);
    data.into_iter().map(|(path, data)| (path, with(answer, "data", data))).collect()
}

/// Returns versions of a value in which one part is missing, has another type, or is a word that does not exist.
fn mutants(value: &Value, path: &str, reach: Reach) -> Mutants {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| field_mutants(value, name, field, path, reach)).collect()
        }
        Value::Array(entries) => {
            let Some(first) = entries.first() else { return Vec::new() };
            let path = format!("{path}/0");
            let within = mutants(first, &path, if reach == Reach::All { reach } else { Reach::Fields });
            let other = (path.clone(), of_another_type(first));
            within.into_iter().chain([other]).map(|(path, entry)| (path, json!([entry]))).collect()
        }
        _ => Vec::new(),
    }
}

fn field_mutants(value: &Value, name: &str, field: &Value, path: &str, reach: Reach) -> Mutants {
    let path = format!("{path}/{name}");
    let mut wrong = match reach {
        Reach::Fields => Vec::new(),
        Reach::Entries if !field.is_array() => Vec::new(),
        Reach::Entries | Reach::All => mutants(field, &path, reach),
    };
    wrong.push((path.clone(), of_another_type(field)));
    if name == "delivery" {
        wrong.push((format!("{path}, an unknown word"), json!("perhaps")));
    }
    let mut wrong: Mutants = wrong.into_iter().map(|(path, field)| (path, with(value, name, field))).collect();
    if !OPTIONAL_FIELDS.contains(&name) {
        wrong.push((format!("without {path}"), without(value, name)));
    }
    wrong
}

fn of_another_type(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(7),
        Value::Null => json!([]),
        _ => json!("perhaps"),
    }
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[name] = value;
    object
}

fn without(object: &Value, name: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().and_then(|fields| fields.remove(name));
    object
}

fn paths(mutants: &[(String, Value)]) -> Vec<&str> {
    mutants.iter().map(|(path, _)| path.as_str()).collect()
}

/// Returns each property of a schema at any depth, with its path.
fn properties(schema: &Value, path: &str) -> Vec<(String, Value)> {
    match schema {
        Value::Object(keywords) => {
            let own = keywords.get("properties").and_then(Value::as_object).into_iter().flatten();
            let own: Vec<_> = own.map(|(name, property)| (format!("{path}/{name}"), property.clone())).collect();
            let within = own.iter().flat_map(|(path, property)| properties(property, path)).collect::<Vec<_>>();
            let others = keywords.iter().filter(|(keyword, _)| *keyword != "properties");
            let others = others.flat_map(|(_, value)| properties(value, path)).collect::<Vec<_>>();
            own.into_iter().chain(within).chain(others).collect()
        }
        Value::Array(schemas) => schemas.iter().flat_map(|schema| properties(schema, path)).collect(),
        _ => Vec::new(),
    }
}
