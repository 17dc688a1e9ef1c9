//! Checks what the program `hue-bridge-sim` does.

use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::{TEST_TIMEOUT, plain_client};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hue-bridge-sim"));
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

async fn status(args: &[&str]) -> ExitStatus {
    timeout(TEST_TIMEOUT, program(args).status()).await.expect("an end").expect("a status")
}

#[tokio::test]
async fn it_tells_what_it_opened_and_ends_well_when_asked_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("certificate.pem");
    let file = file.to_str().expect("a path");
    let mut child =
        program(&["--port", "0", "--lights", "31", "--key", "k", "--certificate-out", file]).spawn().expect("a start");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut told = Vec::new();
    while told.len() < 6 {
        told.push(
            timeout(TEST_TIMEOUT, lines.next_line()).await.expect("a line").expect("stdout").expect("more lines"),
        );
    }
    assert!(told[0].starts_with("bridge   https://127.0.0.1:"), "{told:?}");
    assert!(told.contains(&"lights   31".to_owned()) && told.contains(&"key      k".to_owned()), "{told:?}");
    assert!(std::fs::read_to_string(file).expect("a certificate").starts_with("-----BEGIN CERTIFICATE-----"));
    let pid = child.id().expect("a process").to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill").success());
    assert_eq!(timeout(TEST_TIMEOUT, child.wait()).await.expect("an end").expect("a status").code(), Some(0));
}

#[tokio::test]
async fn faults_and_the_control_address_are_there_from_the_command_line_on() {
    let args = [
        "--port",
        "0",
        "--control",
        "0",
        "--fault",
        "status=502,on=reads",
        "--fault",
        "latency=1ms",
        "--unreachable",
        "Mirror",
        "--goaway-after",
        "3",
    ];
    let mut child = program(&args).spawn().expect("a start");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let url = loop {
        let line =
            timeout(TEST_TIMEOUT, lines.next_line()).await.expect("a line").expect("stdout").expect("more lines");
        if let Some(url) = line.strip_prefix("control  ") {
            break url.to_owned();
        }
    };
    let told =
        plain_client().get(format!("{url}/faults")).send().await.expect("an answer").text().await.expect("a text");
    assert_eq!(told, r#"["status=502,on=reads","latency=1ms"]"#);
}

#[tokio::test]
async fn the_help_knows_every_fault() {
    let output = program(&["--help"]).output().await.expect("an output");
    let help = String::from_utf8(output.stdout).expect("text");
    for name in ["latency=", "wrong-types", "stream-reset", "dead-connections", "on=SCOPE", "times=N", "/sim/faults"] {
        assert!(help.contains(name), "{name} is missing in\n{help}");
    }
}

#[tokio::test]
async fn wrong_usage_is_2_and_failure_is_1() {
    assert_eq!(status(&["--lights", "2001"]).await.code(), Some(2));
    assert_eq!(status(&["--bridge-id", "bridge"]).await.code(), Some(2));
    assert_eq!(status(&["--stepped"]).await.code(), Some(2), "nobody could move the time");
    assert_eq!(status(&["--quirk", "unheard-of"]).await.code(), Some(2));
    assert_eq!(status(&["--fault", "fire"]).await.code(), Some(2));
    assert_eq!(status(&["--port", "0", "--unreachable", "Nobody"]).await.code(), Some(1));
    assert_eq!(status(&["--port", "0", "--home", "/nowhere/home.json"]).await.code(), Some(1));
}
