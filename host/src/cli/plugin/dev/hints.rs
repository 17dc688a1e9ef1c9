//! Hints for known messages of toolchains, whose own words do not say what to do.
//!
//! The project's own commands include this file too, for their builds of the examples.

/// A message of a toolchain, and what to do about it.
struct KnownMessage {
    /// The texts that the output of the build has, all of them.
    marks: &'static [&'static str],
    hint: &'static str,
}

/// The known messages. The first one whose marks are all there counts. Each was provoked as the comment beside it says:
/// in JavaScript with jco 1.34.0 and componentize-js 0.23.0, in Python with componentize-py 0.25.1, in Rust with rustc
/// 1.95, in C with clang 14 of Debian.
const KNOWN_MESSAGES: &[KnownMessage] = &[
    // `const seed = Math.random()` at module top.
    KnownMessage {
        marks: &["during Wizer initialization", "'wasi:random/"],
        hint: "there are no random numbers while the plugin is built: call Math.random() or crypto inside an export",
    },
    // `const all = groups()` at module top.
    KnownMessage {
        marks: &["during Wizer initialization", "'lamplighter:plugin/"],
        hint: "there is no host while the plugin is built: call its functions inside an export, not at module top",
    },
    // `/\p{L}/u`.
    KnownMessage {
        marks: &["SyntaxError: invalid property name in regular expression"],
        hint: "the engine has no Unicode properties: name the letters, or bundle a library that has them",
    },
    // `import leftpad from "left-pad"` without a bundler.
    KnownMessage {
        marks: &["Error loading module", "Exception while evaluating top-level script"],
        hint: "the build takes one file: bundle packages into it, for example with esbuild (docs/plugins.md)",
    },
    // `--wit` with a folder that is not there; jco 1.35.0 on Node.js 20 with any folder.
    KnownMessage {
        marks: &["failed to get path metadata", "(os error 44)"],
        hint: "jco does not find the folder of the contract, wit/. If it is there, jco is too new for this Node.js: \
               install the pinned versions with `npm ci`",
    },
    // `call.time_left_ms()` at module top.
    KnownMessage {
        marks: &["called trapping stub: lamplighter:plugin/"],
        hint: "there is no host while the plugin is built: call its functions inside a method, not at module top",
    },
    // `ZoneInfo("Europe/Berlin")` at module top.
    KnownMessage {
        marks: &["No module named 'tzdata'", "ZoneInfoNotFoundError"],
        hint: "a plugin has no time zones of its own: install tzdata and name its folder with -p, and look up each zone \
               at module top",
    },
    // `import nosuchmodule`.
    KnownMessage {
        marks: &["ModuleNotFoundError: No module named"],
        hint: "install the package into the virtual environment that is active, or name its folder with -p; one with \
               compiled parts does not work",
    },
    // `asyncio.run(main())` at module top.
    KnownMessage {
        marks: &["/asyncio/", "PermissionError: [Errno 2]"],
        hint: "a plugin has no event loop: write plain functions; the host's functions wait by themselves",
    },
    // `threading.Thread(target=print).start()` at module top.
    KnownMessage {
        marks: &["RuntimeError: can't start new thread"],
        hint: "a plugin has no threads: do one thing after the other",
    },
    // `tempfile.mkdtemp()` at module top.
    KnownMessage {
        marks: &["No usable temporary directory found"],
        hint: "a plugin has no files: use io.BytesIO, and `storage` for what must survive",
    },
    // `rustc --target wasm32-wasip2` with a sysroot that lacks the target.
    KnownMessage {
        marks: &["the `wasm32-wasip2` target may not be installed"],
        hint: "install the target: `rustup target add wasm32-wasip2`",
    },
    // `cargo build --target wasm32-wasip3`.
    KnownMessage {
        marks: &["the `wasm32-wasip3` target may not be installed"],
        hint: "plugins are built for WASI 0.2: take --target wasm32-wasip2",
    },
    // `cargo build --target wasm32-wasi`.
    KnownMessage {
        marks: &["could not find specification for target \"wasm32-wasi\""],
        hint: "this Rust no longer has that target: take --target wasm32-wasip2",
    },
    // `clang --target=wasm32-wasi --sysroot=/nowhere` of a file that includes stdlib.h.
    KnownMessage {
        marks: &["fatal error: '", ".h' file not found"],
        hint: "a header is missing: the C library for WebAssembly is `apt-get install wasi-libc` on Debian, or comes \
               with the WASI SDK",
    },
    // `clang --target=wasm32-wasi -resource-dir=/nowhere`.
    KnownMessage {
        marks: &["libclang_rt.builtins-wasm32.a"],
        hint: "clang's runtime library for WebAssembly is missing: `apt-get install libclang-rt-dev-wasm32` on Debian, or \
               take the WASI SDK",
    },
];

/// Returns what to do about a failed build, if its output has a known message.
pub(crate) fn find_hint(output: &str) -> Option<&'static str> {
    let known = KNOWN_MESSAGES.iter().find(|known| known.marks.iter().all(|mark| output.contains(mark)));
    known.map(|known| known.hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that count of captured outputs, and a word of the hint.
    const CAPTURED: &[(&str, &str)] = &[
        (
            "(jco componentize) Error: Failed to initialize component (wizer (node_modules/wizer)):\n\
             Error: the `componentize.wizer` function trapped\n\
             1: Error: attempted to call an unknown imported function: 'wasi:random/random@0.2.10' 'get-random-u64'\n\
             You cannot call arbitrary imported functions during Wizer initialization.",
            "Math.random()",
        ),
        (
            "Error: the `componentize.wizer` function trapped\n\
             1: Error: attempted to call an unknown imported function: 'lamplighter:plugin/home@0.1.0' 'groups'\n\
             You cannot call arbitrary imported functions during Wizer initialization.",
            "there is no host",
        ),
        (
            "Exception while evaluating top-level script\n\
             regex.js:1:13 SyntaxError: invalid property name in regular expression:\nregex.js:1:13 \\p{L}",
            "Unicode",
        ),
        (
            "Exception while evaluating top-level script\nReferenceError: Error loading module \"left-pad\" (resolved path \
             \"left-pad\"): No such file or directory",
            "esbuild",
        ),
        (
            "(jco componentize) ComponentError: failed to get path metadata: No such file or directory (os error 44)\n\
             at fn (node_modules/@bytecodealliance/jco-transpile/vendor/wasm-tools.js:10870:17)",
            "npm ci",
        ),
        ("Caused by:\n1: called trapping stub: lamplighter:plugin/call@0.1.0#time-left-ms", "inside a method"),
        (
            "ModuleNotFoundError: No module named 'tzdata'\nDuring handling of the above exception, another exception \
             occurred:\nzoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key Europe/Berlin'",
            "tzdata",
        ),
        ("ModuleNotFoundError: No module named 'nosuchmodule'", "-p"),
        (
            "File \"/python/asyncio/runners.py\", line 203, in run\nPermissionError: [Errno 2] Permission denied",
            "event loop",
        ),
        ("RuntimeError: can't start new thread", "threads"),
        (
            "FileNotFoundError: [Errno 44] No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp', '/']",
            "io.BytesIO",
        ),
        (
            "error[E0463]: can't find crate for `std`\n= note: the `wasm32-wasip2` target may not be installed",
            "rustup target add",
        ),
        (
            "error[E0463]: can't find crate for `std`\n= note: the `wasm32-wasip3` target may not be installed",
            "WASI 0.2",
        ),
        (
            "error: error loading target specification: could not find specification for target \"wasm32-wasi\"",
            "wasm32-wasip2",
        ),
        ("p.c:1:10: fatal error: 'stdlib.h' file not found\n#include <stdlib.h>", "wasi-libc"),
        (
            "wasm-ld-14: error: cannot open /usr/lib/wasi/libclang_rt.builtins-wasm32.a: No such file or directory",
            "libclang-rt-dev-wasm32",
        ),
    ];

    #[test]
    fn each_known_message_is_found_in_captured_output_and_has_its_own_hint() {
        for ((captured, word), known) in CAPTURED.iter().zip(KNOWN_MESSAGES) {
            let hint = find_hint(&format!("> build\n{captured}\n")).unwrap_or_default();
            assert!(hint == known.hint && hint.contains(word), "{captured}: {hint}");
        }
        assert_eq!(CAPTURED.len(), KNOWN_MESSAGES.len());
    }

    #[test]
    fn other_errors_get_no_hint() {
        for output in [
            "",
            "error[E0425]: cannot find value `lamp` in this scope",
            "plugin.js:3:1 SyntaxError: missing ) after argument list",
            "PermissionError: [Errno 2] Permission denied",
            "p.c:3:1: error: use of undeclared identifier 'lamp'",
        ] {
            assert_eq!(find_hint(output), None, "{output}");
        }
    }
}
