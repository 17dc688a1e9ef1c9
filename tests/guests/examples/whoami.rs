//! Tries to leave its sandbox and reports what it could reach, which should be nothing.

use std::fs;
use std::io::Read as _;
#[cfg(not(feature = "no-sockets"))]
use std::net::{TcpListener, TcpStream, UdpSocket};

use lamplighter_plugin::prelude::*;
use serde_json::{Value, json};

fn whoami(_: NoArguments) -> Reply {
    log::write(log::Level::Info, "whoami was called", &[("call", json!(call::id()))]);
    println!("whoami on stdout");
    eprintln!("whoami on stderr");
    Reply::json(json!({
        "environment": std::env::vars().map(|(name, _)| name).collect::<Vec<_>>(),
        "arguments": std::env::args().collect::<Vec<_>>(),
        "files": files(),
        "sockets": sockets(),
        "stdin_bytes": stdin_bytes(),
    }))
}

fn files() -> Value {
    json!({
        "list_root": outcome(fs::read_dir("/")),
        "list_here": outcome(fs::read_dir(".")),
        "read_passwd": outcome(fs::read("/etc/passwd")),
        "write_here": outcome(fs::write("whoami.txt", "me")),
        "write_tmp": outcome(fs::write("/tmp/whoami.txt", "me")),
    })
}

#[cfg(feature = "no-sockets")]
fn sockets() -> Value {
    json!({"any": "refused: the C library of this build has none"})
}

#[cfg(not(feature = "no-sockets"))]
fn sockets() -> Value {
    json!({
        "connect": outcome(TcpStream::connect("127.0.0.1:443")),
        "connect_by_name": outcome(TcpStream::connect("example.com:443")),
        "listen": outcome(TcpListener::bind("127.0.0.1:0")),
        "datagram": outcome(UdpSocket::bind("127.0.0.1:0")),
    })
}

fn stdin_bytes() -> usize {
    let mut bytes = Vec::new();
    std::io::stdin().take(1024).read_to_end(&mut bytes).unwrap_or(0)
}

/// Returns `reached`, or the reason why not.
fn outcome<T>(result: std::io::Result<T>) -> String {
    result.map_or_else(|error| format!("refused: {error}"), |_| "reached".to_owned())
}

export_plugin! { tools: [Tool::new("whoami", "Tells what this plugin can reach.", whoami).read_only()] }
