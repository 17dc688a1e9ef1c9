//! Prints 100 MiB on stdout.

use std::io::Write as _;

use lamplighter_plugin::prelude::*;

const BLOCK_BYTES: usize = 64 * 1024;
const TOTAL_BYTES: usize = 100 * 1024 * 1024;

fn log_flood(_: NoArguments) -> Result<String, ToolError> {
    let mut block = vec![b'x'; BLOCK_BYTES];
    block[BLOCK_BYTES - 1] = b'\n';
    let mut stdout = std::io::stdout().lock();
    for _ in 0..TOTAL_BYTES / BLOCK_BYTES {
        stdout.write_all(&block).map_err(|error| ToolError::failed(format!("stdout refused: {error}")))?;
    }
    Ok(format!("Printed {TOTAL_BYTES} bytes."))
}

export_plugin! { tools: [Tool::new("log_flood", "Prints 100 MiB.", log_flood)] }
