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
//! - `handmade`: plugins that no toolchain would write
//! - `mutants`: plugins with something changed at random
//! - `caller`: cancellation and progress
//! - `grants`: what a plugin may reach, and how it is told what it may not
//! - `settings`: the operator's configuration, changed meanwhile
//! - `storage`: what plugins keep
//! - `offers`: prompts and resources
//! - `approval`: pinned plugins
//! - `compiling`: the compiler's child, and its cache
//! - `contract`: plugins of versions of the contract that are frozen
//! - `beginning`: `lamplighter plugin new`
//! - `recalling`: plugins that are known from an earlier run
//! - `workshop`: `lamplighter plugin`, as an author and an operator use it
//! - `developing`: `lamplighter plugin dev`
//! - `examples`: the example plugin, in every language
//! - `configuration`: `lamplighter config show`
//! - `secrets`: what nobody may see

mod approval;
mod beginning;
mod caller;
mod calling;
mod compiling;
mod configuration;
mod contract;
mod control;
mod developing;
mod ending;
mod examples;
mod grants;
mod handmade;
mod misbehaving;
mod mutants;
mod offers;
mod opening;
mod pairing;
mod recalling;
mod refusal;
mod reload;
mod secrets;
mod settings;
mod storage;
mod storm;
mod wire;
mod workshop;
