//! Adds core memories to a component, more than its toolchain would.

use crate::sections::{COMPONENT_PREAMBLE, CORE_MODULE, CORE_PREAMBLE, leb, section, sections};

/// The id of the section of a component that holds core instances (Component Model, `Binary.md`).
const CORE_INSTANCE: u8 = 2;
/// The id of the section of a core module that holds its memories.
const MEMORY_SECTION: u8 = 5;

/// Adds `count` core instances to a component, each with a memory of `pages` pages of 64 KiB.
///
/// The component still does what it did, but each of its instances holds that much more. A limit on each memory does not
/// catch it; a limit on their sum does.
///
/// # Panics
/// If the bytes are not a component.
pub fn with_memories(component: &[u8], count: u32, pages: u32) -> Vec<u8> {
    with_instances(component, &module_with_memory(pages), count)
}

/// Adds a core module to a component, and `count` instances of it.
pub(crate) fn with_instances(component: &[u8], contents: &[u8], count: u32) -> Vec<u8> {
    let module = modules_in(component);
    let mut bytes = component.to_vec();
    bytes.extend(section(CORE_MODULE, contents));
    let mut instances = leb(count);
    for _ in 0..count {
        // The code 0 instantiates that module, with no arguments.
        instances.push(0);
        instances.extend(leb(module));
        instances.push(0);
    }
    bytes.extend(section(CORE_INSTANCE, &instances));
    bytes
}

/// Counts the core modules of a component. The count is the index of the next one.
fn modules_in(component: &[u8]) -> u32 {
    let rest = component.strip_prefix(&COMPONENT_PREAMBLE).expect("these bytes are not a component");
    sections(rest).iter().map(|(id, _)| u32::from(*id == CORE_MODULE)).sum()
}

fn module_with_memory(pages: u32) -> Vec<u8> {
    // One memory, without a maximum.
    let mut memory = vec![1, 0];
    memory.extend(leb(pages));
    [CORE_PREAMBLE.to_vec(), section(MEMORY_SECTION, &memory)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_component_gets_a_module_and_its_instances() {
        let bytes = with_memories(b"\0asm\x0d\0\x01\0", 2, 512);
        let module = b"\x01\x0e\0asm\x01\0\0\0\x05\x04\x01\0\x80\x04";
        let instances = b"\x02\x07\x02\0\0\0\0\0\0";
        assert_eq!(bytes, [b"\0asm\x0d\0\x01\0".as_slice(), module, instances].concat());
    }

    #[test]
    fn the_module_comes_after_those_that_are_there() {
        let once = with_memories(b"\0asm\x0d\0\x01\0", 1, 1);
        assert_eq!(modules_in(&once), 1);
        let twice = with_memories(&once, 1, 1);
        assert!(twice.ends_with(&[CORE_INSTANCE, 4, 1, 0, 1, 0]), "{twice:?}");
    }
}
