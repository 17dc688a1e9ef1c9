//! Plugins written by hand in WebAssembly text, for behaviour that no toolchain produces.
//!
//! Their answers are bytes in memory, laid out by the canonical ABI (Component Model, `CanonicalABI.md`).

use std::fmt::Write as _;

use anyhow::{Context, Result};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Addresses of the names, texts and records in the memory of a [`RawPlugin`].
pub mod address {
    /// The address of what `list-tools` returns: the list's address and its length.
    pub const TOOL_LIST: usize = 1024;
    /// The address of the only tool, which takes 96 bytes.
    pub const TOOL_RECORD: usize = 1040;
    /// The address of what `call-tool` returns: a `result`, whose payload begins 8 bytes later.
    pub const CALL_RESULT: usize = 1152;
    /// The address of the only content block, which takes 56 bytes.
    pub const CONTENT_BLOCK: usize = 1216;
    /// The address at which the block's text begins.
    pub const BLOCK_TEXT: usize = 1280;
    /// The address of the tool's name, which serves as its description too.
    pub const TOOL_NAME: usize = 2048;
    /// The address at which the tool's input schema begins.
    pub const INPUT_SCHEMA: usize = 2176;
    /// The first address that nothing uses, up to the end of the first page at 64 KiB.
    pub const FREE_SPACE: usize = 4096;
}

/// The bytes that a `tool` takes.
pub const TOOL_SIZE: usize = 96;
/// The bytes that a `content-block` takes.
pub const BLOCK_SIZE: usize = 56;

const ANY_OBJECT_SCHEMA: &[u8] = br#"{"type":"object"}"#;

/// A component whose code is WebAssembly text. Unless changed, it has one tool, which answers a text.
#[derive(Clone, Debug)]
pub struct RawPlugin {
    name: Vec<u8>,
    text: Vec<u8>,
    list: String,
    call: String,
    realloc: String,
    items: String,
}

impl RawPlugin {
    /// Begins a plugin with a tool of this name, which takes at most 100 bytes and need not be UTF-8.
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.as_ref().to_owned(),
            text: b"all is well".to_vec(),
            list: format!("(i32.const {})", address::TOOL_LIST),
            call: format!("(i32.const {})", address::CALL_RESULT),
            // A bump allocator that frees nothing, because an instance lives for one call.
            realloc: "(local $here i32)
                (local.set $here (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
                (global.set $heap (i32.add (local.get $here) (local.get 3)))
                (local.get $here)"
                .to_owned(),
            items: String::new(),
        }
    }

    /// Sets the text that the tool answers, which takes at most 500 bytes and need not be UTF-8.
    #[must_use]
    pub fn text(mut self, text: &[u8]) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    /// Sets the body of `list-tools`, which leaves an address on the stack.
    #[must_use]
    pub fn listing(mut self, body: &str) -> Self {
        body.clone_into(&mut self.list);
        self
    }

    /// Sets the body of `call-tool`, which leaves an address on the stack.
    ///
    /// Its parameters are the addresses of the tool's name and of the arguments, each with its length.
    #[must_use]
    pub fn calling(mut self, body: &str) -> Self {
        body.clone_into(&mut self.call);
        self
    }

    /// Sets the body of `cabi_realloc`, by which the host allocates memory for what it passes in.
    #[must_use]
    pub fn allocating(mut self, body: &str) -> Self {
        body.clone_into(&mut self.realloc);
        self
    }

    /// Adds items to the module.
    #[must_use]
    pub fn with(mut self, items: &str) -> Self {
        self.items.push_str(items);
        self
    }

    /// Builds the component.
    pub fn build(&self) -> Result<Vec<u8>> {
        let mut module = wat::parse_str(self.module()).context("the module is no WebAssembly")?;
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit"))?;
        let world = resolve.select_world(&[package], Some("everything"))?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
        ComponentEncoder::default().validate(true).module(&module)?.encode()
    }

    fn module(&self) -> String {
        format!(
            r#"(module
                (import "lamplighter:plugin/log@0.1.0" "write" (func $log_write (param i32 i32 i32 i32 i32)))
                (import "lamplighter:plugin/call@0.1.0" "sleep" (func $call_sleep (param i64) (result i32)))
                (import "lamplighter:plugin/call@0.1.0" "id" (func $call_id (param i32)))
                (import "lamplighter:plugin/settings@0.1.0" "get" (func $settings_get (param i32)))
                (import "lamplighter:plugin/storage@0.1.0" "set"
                    (func $storage_set (param i32 i32 i32 i32 i32)))
                (import "lamplighter:plugin/control@0.1.0" "apply"
                    (func $control_apply (param i32 i32 i32 i32 i32 i32 i32 i32)))
                (memory (export "memory") 17)
                (global $heap (mut i32) (i32.const 65536))
                (data (i32.const {start}) "{image}")
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
                (func (export "lamplighter:plugin/tools@0.1.0#list-tools") (result i32) {list})
                (func (export "lamplighter:plugin/tools@0.1.0#call-tool") (param i32 i32 i32 i32) (result i32) {call})
                {items})"#,
            start = address::TOOL_LIST,
            image = escaped(&self.image()),
            realloc = self.realloc,
            list = self.list,
            call = self.call,
            items = self.items,
        )
    }

    /// Lays out the memory from [`address::TOOL_LIST`] on.
    fn image(&self) -> Vec<u8> {
        let mut image = vec![0; address::FREE_SPACE - address::TOOL_LIST];
        let mut put =
            |place: usize, bytes: &[u8]| image[place - address::TOOL_LIST..][..bytes.len()].copy_from_slice(bytes);
        let name = pair(address::TOOL_NAME, self.name.len());
        put(address::TOOL_LIST, &pair(address::TOOL_RECORD, 1));
        put(address::TOOL_RECORD, &name);
        put(address::TOOL_RECORD + 20, &name);
        put(address::TOOL_RECORD + 28, &pair(address::INPUT_SCHEMA, ANY_OBJECT_SCHEMA.len()));
        put(address::CALL_RESULT + 8, &pair(address::CONTENT_BLOCK, 1));
        put(address::CONTENT_BLOCK + 4, &pair(address::BLOCK_TEXT, self.text.len()));
        put(address::BLOCK_TEXT, &self.text);
        put(address::TOOL_NAME, &self.name);
        put(address::INPUT_SCHEMA, ANY_OBJECT_SCHEMA);
        image
    }
}

/// Encodes an address and a length.
fn pair(address: usize, length: usize) -> [u8; 8] {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&number(address));
    bytes[4..].copy_from_slice(&number(length));
    bytes
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}
