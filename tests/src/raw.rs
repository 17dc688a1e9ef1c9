//! Plugins written by hand, for what no toolchain would write: the answers are bytes in memory, as the canonical ABI
//! has them (Component Model, `CanonicalABI.md`).

use std::fmt::Write as _;

use anyhow::{Context, Result};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where the names, texts and records of a [`Raw`] lie in its memory.
pub mod at {
    /// What `list-tools` answers: where the list is, and its length.
    pub const LIST: usize = 1024;
    /// The one tool, 96 bytes.
    pub const TOOL: usize = 1040;
    /// What `call-tool` answers: a `result`, whose payload begins 8 bytes after.
    pub const RESULT: usize = 1152;
    /// The one content block, 56 bytes.
    pub const BLOCK: usize = 1216;
    /// The text in it.
    pub const TEXT: usize = 1280;
    /// The tool's name, which is its description too.
    pub const NAME: usize = 2048;
    /// The tool's input schema.
    pub const SCHEMA: usize = 2176;
    /// From here to the end of the first page, 64 KiB, nothing is used.
    pub const FREE: usize = 4096;
}

/// Bytes of a `tool`.
pub const TOOL_SIZE: usize = 96;
/// Bytes of a `content-block`.
pub const BLOCK_SIZE: usize = 56;

const SCHEMA: &[u8] = br#"{"type":"object"}"#;

/// A component whose code is text. As it begins, it has one tool, which answers a text.
#[derive(Clone, Debug)]
pub struct Raw {
    name: Vec<u8>,
    text: Vec<u8>,
    list: String,
    call: String,
    realloc: String,
    items: String,
}

impl Raw {
    /// A plugin with a tool of this name, of at most 100 bytes, which need not be UTF-8.
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.as_ref().to_owned(),
            text: b"all is well".to_vec(),
            list: format!("(i32.const {})", at::LIST),
            call: format!("(i32.const {})", at::RESULT),
            // Never gives anything back: an instance lives for one call.
            realloc: "(local $here i32)
                (local.set $here (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
                (global.set $heap (i32.add (local.get $here) (local.get 3)))
                (local.get $here)"
                .to_owned(),
            items: String::new(),
        }
    }

    /// What the tool answers, of at most 500 bytes, which need not be UTF-8.
    #[must_use]
    pub fn text(mut self, text: &[u8]) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    /// The body of `list-tools`: leaves an address on the stack.
    #[must_use]
    pub fn listing(mut self, body: &str) -> Self {
        body.clone_into(&mut self.list);
        self
    }

    /// The body of `call-tool`: leaves an address on the stack. Its parameters are where the tool's name and the
    /// arguments lie, each with its length.
    #[must_use]
    pub fn calling(mut self, body: &str) -> Self {
        body.clone_into(&mut self.call);
        self
    }

    /// The body of `cabi_realloc`, by which the host asks for room for what it answers.
    #[must_use]
    pub fn allocating(mut self, body: &str) -> Self {
        body.clone_into(&mut self.realloc);
        self
    }

    /// More items of the module.
    #[must_use]
    pub fn with(mut self, items: &str) -> Self {
        self.items.push_str(items);
        self
    }

    /// The component.
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
            start = at::LIST,
            image = escaped(&self.image()),
            realloc = self.realloc,
            list = self.list,
            call = self.call,
            items = self.items,
        )
    }

    /// What lies in memory from [`at::LIST`] on.
    fn image(&self) -> Vec<u8> {
        let mut image = vec![0; at::FREE - at::LIST];
        let mut put = |place: usize, bytes: &[u8]| image[place - at::LIST..][..bytes.len()].copy_from_slice(bytes);
        let name = pair(at::NAME, self.name.len());
        put(at::LIST, &pair(at::TOOL, 1));
        put(at::TOOL, &name);
        put(at::TOOL + 20, &name);
        put(at::TOOL + 28, &pair(at::SCHEMA, SCHEMA.len()));
        put(at::RESULT + 8, &pair(at::BLOCK, 1));
        put(at::BLOCK + 4, &pair(at::TEXT, self.text.len()));
        put(at::TEXT, &self.text);
        put(at::NAME, &self.name);
        put(at::SCHEMA, SCHEMA);
        image
    }
}

/// An address and a length.
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
