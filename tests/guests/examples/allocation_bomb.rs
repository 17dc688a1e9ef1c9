//! Takes memory until it is given no more.

use std::hint::black_box;

use lamplighter_plugin::prelude::*;

const MEBIBYTE: usize = 1024 * 1024;

/// Keeps what it takes. A refused allocation ends it in a trap.
fn allocation_bomb(_: NoArguments) -> String {
    let mut held = Vec::new();
    loop {
        held.push(black_box(vec![1_u8; MEBIBYTE]));
        eprintln!("{} MiB", held.len());
    }
}

export_plugin! { tools: [Tool::new("allocation_bomb", "Eats memory.", allocation_bomb)] }
