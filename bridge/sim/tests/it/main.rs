//! Tests of the simulator as a client sees it, over real HTTPS.

mod clip;
mod clock;
mod control;
mod events;
mod faults;
mod limits;
mod network;
mod pairing;
mod passthrough;
mod program;
mod radio;
mod scenes;
mod support;
