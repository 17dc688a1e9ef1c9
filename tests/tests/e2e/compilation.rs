//! The child process that compiles components, and the cache of what it compiled.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use lamplighter_test_guests::with_code;
use lamplighter_tests::{Entry, Era, Server, Setup, first_party, guest, stamped};
use serde_json::json;

fn compiled(server: &Server) -> Result<Vec<PathBuf>> {
    let folder = fs::read_dir(server.plugins.state().join("compiled"))?;
    Ok(folder.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn what_was_compiled_once_is_loaded_from_its_file_and_compiled_anew_if_that_was_touched() -> Result<()> {
    let server = Setup::new().guest("swap_v1")?.compiles_anew().start().await?;
    let [file] = &compiled(&server)?[..] else { anyhow::bail!("one file") };
    let written = fs::metadata(file)?.len();

    let server = server.kill_and_restart().await?;
    server.connect(Era::Modern).await?.call("swap_version", json!({})).await?;
    assert_eq!(compiled(&server)?, std::slice::from_ref(file), "nothing was compiled");

    // A byte in the middle, where the machine code is.
    let mut bytes = fs::read(file)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(file, bytes)?;
    let server = server.kill_and_restart().await?;
    server.connect(Era::Modern).await?.call("swap_version", json!({})).await?;
    server.log.wait("a word about it", 0, |entry| entry.message().contains("cached file is corrupted")).await?;
    assert_eq!(fs::metadata(file)?.len(), written);
    Ok(())
}

#[tokio::test]
async fn a_precompiled_file_in_the_plugins_folder_is_not_looked_at() -> Result<()> {
    let server = Setup::new().guest("swap_v1")?.compiles_anew().start().await?;
    let file = compiled(&server)?.into_iter().next().context("a compiled plugin")?;
    fs::copy(&file, server.plugins.folder().join("evil.cwasm"))?;
    // And under the name of a component it is none.
    server.plugins.put("evil", &fs::read(&file)?)?;
    assert!(server.refused("evil").await?.contains("not WebAssembly"));
    Ok(())
}

#[tokio::test]
async fn a_host_without_a_place_for_state_serves_all_the_same() -> Result<()> {
    // A file where the folder should be.
    let setup = Setup::new().guest("stateful")?.variable("LAMPLIGHTER_STATE", "/dev/null/state");
    let (_server, client) = setup.connect(Era::Modern).await?;
    let text = client.call_failing("keep", json!({"key": "k", "value": 1})).await?;
    assert!(text.contains("the store cannot be used") || text.contains("state folder"), "{text}");
    Ok(())
}

#[tokio::test]
async fn the_child_has_neither_environment_nor_files_of_the_host() -> Result<()> {
    let server = Setup::new().variable("LAMPLIGHTER_LOG", "debug").compiles_anew().start().await?;
    // The largest there is, so that its compiler can be looked at. The stamp makes bytes of it that the host does not
    // have machine code of.
    server.plugins.put("rooms", &stamped(&first_party("rooms")?, 1))?;
    let (mut environment, mut least_open) = (Vec::new(), usize::MAX);
    while server.log.all(|entry| entry.says("plugin loaded", "rooms")).is_empty() {
        if let Some(child) = server.compiler()? {
            let open = fs::read_dir(child.join("fd")).map_or(usize::MAX, Iterator::count);
            let of_child = fs::read(child.join("environ")).unwrap_or_default();
            // A process that ends loses its memory first: what was read before that is true.
            if !of_child.is_empty() {
                // A moment after its start it looks at what is open, which takes a descriptor too.
                (environment, least_open) = (of_child, least_open.min(open));
            }
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(String::from_utf8_lossy(&environment), "RAYON_NUM_THREADS=2\0");
    assert_eq!(least_open, 3, "stdin, stdout, stderr");
    Ok(())
}

#[tokio::test]
async fn what_takes_the_compiler_long_holds_up_nobody_who_is_compiled() -> Result<()> {
    let (server, client) = Setup::new().guest("echo")?.guest("swap_v1")?.connect(Era::Modern).await?;
    server.remove("echo").await?;
    // More than are compiled side by side, and each takes seconds.
    let slow = with_code(&guest("trap")?, 100, 3_500);
    let mark = server.log.mark();
    for number in 0..3 {
        server.plugins.put(&format!("slow-{number}"), &stamped(&slow, number))?;
    }
    while server.compiler()?.is_none() {
        tokio::task::yield_now().await;
    }
    server.plugins.put("echo", &guest("echo")?)?;
    server.log.wait("echo to be loaded", mark, |entry| entry.says("plugin loaded", "echo")).await?;
    client.call("swap_version", json!({})).await?;
    let ends = ["plugin loaded", "plugin refused"];
    let slow = |entry: &Entry| entry.field("plugin").starts_with("slow-") && ends.contains(&entry.message());
    let settled = server.log.all(slow);
    assert!(settled.is_empty(), "it waited for {settled:?}");
    Ok(())
}
