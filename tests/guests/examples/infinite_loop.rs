//! Loops without end and without calling the host.

use std::hint::black_box;

use lamplighter_plugin::prelude::*;

fn infinite_loop(_: NoArguments) -> String {
    let mut rounds = 0_u64;
    loop {
        rounds = black_box(rounds.wrapping_add(1));
    }
}

export_plugin! { tools: [Tool::new("infinite_loop", "Loops for ever.", infinite_loop)] }
