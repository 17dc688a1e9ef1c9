//! Allocates memory until it gets no more.

use std::hint::black_box;

use lamplighter_plugin::prelude::*;

const BLOCK_BYTES: usize = 1024 * 1024;

/// Keeps all that it allocates. A refused allocation ends in a trap.
fn allocation_bomb(_: NoArguments) -> String {
    let mut held = Vec::new();
    loop {
        held.push(black_box(vec![1_u8; BLOCK_BYTES]));
        eprintln!("{} MiB", held.len());
    }
}

export_plugin! { tools: [Tool::new("allocation_bomb", "Eats memory.", allocation_bomb)] }
