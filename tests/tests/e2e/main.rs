//! End to end: every test starts the real binary and speaks MCP on its pipes.
//!
//! One test binary, so that the harness is linked once. The modules, in the order of a session's life:
//! - `pairing`: finding a bridge, and getting a key from it
//! - `opening`: how a conversation begins, in both eras of the protocol
//! - `calling`: listing and calling tools, and what is wrong with a call
//! - `wire`: what is on the pipes when it is not MCP
//! - `ending`: how a session ends
//! - `control`: a name becomes a lamp that changes
//! - `reload`: plugins that come, change and go
//! - `refusal`: files that are not taken
//! - `storm`: two hundred replacements under load
//! - `misbehaving`: plugins that trap, loop, eat, chatter
//! - `caller`: cancellation and progress
//! - `secrets`: what nobody may see

mod caller;
mod calling;
mod control;
mod ending;
mod misbehaving;
mod opening;
mod pairing;
mod refusal;
mod reload;
mod secrets;
mod storm;
mod wire;
