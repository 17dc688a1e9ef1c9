#!/usr/bin/env bash
# tokio-util 0.7.20: `FramedRead` with a codec that has a maximum length, after a chunk that is too long.
#
# One would guess: `next()` gives the error for the long line, and then the following line, which has arrived already and
# is complete. The codec's page says that decoding may go on after `MaxChunkLengthExceeded`.
#
# What happens instead: after the error `next()` gives `None` once, as at the end of the stream, although the stream has
# not ended. A loop `while let Some(line) = lines.next().await` ends there. Whoever asks again waits for new bytes, although
# a complete line lies in the buffer; it comes only once more bytes arrive. A request-response protocol hangs: its client
# waits for the answer to the line that lies in the buffer.
#
# Passes while this is so; fails when it changes. Needs cargo and the crates registry.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cat > "$dir/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
tokio = { version = "=1.54.1", features = ["io-util", "macros", "rt", "time"] }
tokio-util = { version = "=0.7.20", features = ["codec"] }
tokio-stream = "=0.1.19"
[workspace]
TOML
cat > "$dir/src/main.rs" <<'RUST'
use std::time::Duration;

use tokio::{io::AsyncWriteExt, time::timeout};
use tokio_stream::StreamExt;
use tokio_util::codec::{AnyDelimiterCodec, FramedRead};

const SHORT_WAIT: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (mut client, server) = tokio::io::duplex(1024);
    let codec = AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), b"\n".to_vec(), 8);
    let mut lines = FramedRead::new(server, codec);
    client.write_all(b"a line that is too long\nshort\n").await.unwrap();

    let first = lines.next().await;
    println!("1st next(): {first:?}");
    let second = timeout(SHORT_WAIT, lines.next()).await;
    println!("2nd next(): {second:?} (the stream has not ended)");
    let third = timeout(SHORT_WAIT, lines.next()).await;
    println!("3rd next(): {third:?} (the line `short` has arrived)");
    client.write_all(b"more\n").await.unwrap();
    let fourth = timeout(SHORT_WAIT, lines.next()).await;
    println!("4th next(), after more bytes: {fourth:?}");

    let as_described = matches!(first, Some(Err(_)))
        && matches!(second, Ok(None))
        && third.is_err()
        && matches!(fourth, Ok(Some(Ok(ref line))) if &line[..] == b"short");
    std::process::exit(i32::from(!as_described));
}
RUST
cd "$dir"
cargo run --quiet && echo "as described" || { echo "this has changed"; exit 1; }
