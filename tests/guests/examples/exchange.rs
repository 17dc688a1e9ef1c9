//! Hands each value to the host, and returns what the host returns. See `tests/exchange/wit`.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "nothing is exported"))]

#[allow(clippy::all, clippy::pedantic, reason = "it is generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../exchange/wit", world: "exchange" });
}

use bindings::exports::lamplighter::exchange::guest;
use bindings::lamplighter::exchange::host;
use bindings::lamplighter::exchange::types::{Choice, Kinds, RecordOfAll, Season};

struct Exchange;

macro_rules! passes {
    ($($name:ident($value:ident: $type:ty) => $given:expr;)+) => {
        impl guest::Guest for Exchange {
            $(fn $name($value: $type) -> $type {
                host::$name($given)
            })+
        }
    };
}

passes! {
    pass_bool(value: bool) => value;
    pass_u8(value: u8) => value;
    pass_u16(value: u16) => value;
    pass_u32(value: u32) => value;
    pass_u64(value: u64) => value;
    pass_s8(value: i8) => value;
    pass_s16(value: i16) => value;
    pass_s32(value: i32) => value;
    pass_s64(value: i64) => value;
    pass_f32(value: f32) => value;
    pass_f64(value: f64) => value;
    pass_char(value: char) => value;
    pass_string(value: String) => &value;
    pass_list_u8(value: Vec<u8>) => &value;
    pass_list_u16(value: Vec<u16>) => &value;
    pass_list_u32(value: Vec<u32>) => &value;
    pass_list_u64(value: Vec<u64>) => &value;
    pass_list_s32(value: Vec<i32>) => &value;
    pass_list_f64(value: Vec<f64>) => &value;
    pass_list_string(value: Vec<String>) => &value;
    pass_list_tuple(value: Vec<(String, String)>) => &value;
    pass_list_record(value: Vec<RecordOfAll>) => &value;
    pass_option_bool(value: Option<bool>) => value;
    pass_option_u8(value: Option<u8>) => value;
    pass_option_u16(value: Option<u16>) => value;
    pass_option_u32(value: Option<u32>) => value;
    pass_option_u64(value: Option<u64>) => value;
    pass_option_f64(value: Option<f64>) => value;
    pass_option_string(value: Option<String>) => value.as_deref();
    pass_option_record(value: Option<RecordOfAll>) => value.as_ref();
    pass_tuple(value: (String, f64)) => (&value.0, value.1);
    pass_record(value: RecordOfAll) => &value;
    pass_variant(value: Choice) => &value;
    pass_enum(value: Season) => value;
    pass_flags(value: Kinds) => value;
}

// A native library cannot export the contract's names.
#[cfg(target_arch = "wasm32")]
bindings::export!(Exchange with_types_in bindings);
