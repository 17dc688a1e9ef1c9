//! Reads and writes the sections of WebAssembly modules and components (`Binary.md` of the component model, and chapter 5
//! of the core specification).

/// The first bytes of every core module.
pub const CORE_PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";
/// The first bytes of every component.
pub const COMPONENT_PREAMBLE: [u8; 8] = *b"\0asm\x0d\0\x01\0";
/// The id of the section of a component that holds a core module.
pub const CORE_MODULE: u8 = 1;
/// The id of the section of a component that holds another component.
pub const NESTED_COMPONENT: u8 = 4;

/// Writes a section: its id, its length, its contents.
///
/// # Panics
/// If the contents have 4 GiB or more.
pub fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    let size = u32::try_from(contents.len()).expect("no section of these tests has 4 GiB");
    [vec![id], leb(size), contents.to_vec()].concat()
}

/// Reads the sections that follow a preamble, up to the first that is damaged.
pub fn sections(mut rest: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let [id, tail @ ..] = rest {
        let Some((contents, tail)) = read_leb(tail).and_then(|(size, tail)| tail.split_at_checked(size)) else { break };
        found.push((*id, contents));
        rest = tail;
    }
    found
}

/// Encodes a number as LEB128.
pub fn leb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn read_leb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let length = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at(length);
    Some((number.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_as_they_are_written_and_no_further_than_they_go() {
        let bytes = [section(1, &[7; 200]), section(0, b"x"), vec![3, 5, 1]].concat();
        assert_eq!(sections(&bytes), [(1, &[7; 200][..]), (0, b"x")]);
    }
}
