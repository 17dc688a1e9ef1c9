//! A check of a file's first bytes, which mostly show its author's mistake.

use super::PluginError;

/// Checks that the bytes begin as a component.
///
/// # Errors
/// The file is something else; the message names it, and says how to mend it.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), PluginError> {
    let reason = match bytes {
        [] => "the file is empty",
        [b'\0', b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            "this is a core module, not a component: build it with --target wasm32-wasip2 (Rust), or turn it into one \
             with `wasm-tools component new` (C)"
        }
        [b'\0', b'a', b's', b'm', ..] if bytes.len() < 8 => "the file is cut off in its header",
        [b'\0', b'a', b's', b'm', ..] => "this is WebAssembly of a version that is not understood",
        _ => "this is not WebAssembly",
    };
    Err(PluginError::NotAComponent(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(bytes: &[u8]) -> String {
        check_header(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_is_no_component_is_refused_in_the_authors_terms() {
        assert!(reason(b"").contains("empty"));
        assert!(reason(b"\0asm\x01\0\0\0rest").contains("--target wasm32-wasip2"));
        assert!(reason(b"\0asm").contains("cut off"));
        assert!(reason(b"#!/bin/sh").contains("not WebAssembly"));
        assert!(check_header(b"\0asm\x0d\0\x01\0rest").is_ok());
    }
}
