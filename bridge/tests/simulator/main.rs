//! Tests the crate against a simulated bridge, over HTTPS on loopback.

mod apply;
mod budget;
mod cloud;
mod connect;
mod discover;
mod examples;
mod faults;
mod firmware;
mod greedy;
mod group_commands;
mod matrix;
mod mirror;
mod moving;
mod pairing;
mod raw;
mod scenes;
mod support;
