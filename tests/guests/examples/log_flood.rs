//! Prints far more than anyone would read.

use std::io::Write as _;

use lamplighter_plugin::prelude::*;

const BLOCK: usize = 64 * 1024;
const TOTAL: usize = 100 * 1024 * 1024;

fn log_flood(_: NoArguments) -> Result<String, ToolError> {
    let mut block = vec![b'x'; BLOCK];
    block[BLOCK - 1] = b'\n';
    let mut stdout = std::io::stdout().lock();
    for _ in 0..TOTAL / BLOCK {
        stdout.write_all(&block).map_err(|error| ToolError::failed(format!("stdout refused: {error}")))?;
    }
    Ok(format!("Printed {TOTAL} bytes."))
}

export_plugin! { tools: [Tool::new("log_flood", "Prints 100 MiB.", log_flood)] }
