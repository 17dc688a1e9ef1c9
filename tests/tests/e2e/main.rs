//! End to end: every test starts the real binary and speaks MCP on its pipes.
//!
//! It is one test binary, so that the harness is linked once. The modules, in the order of a session's life:
//! - `pairing`: finding a bridge, and getting a key from it
//! - `start`: what a client sees while plugins are loading
//! - `tool_list`: what the list of tools costs a model, and what its schemas say and refuse
//! - `calls`: the instance of each call
//! - `stdio`: memory for long lines on stdin, and stdout that carries MCP alone
//! - `shutdown`: the end of a session
//! - `control`: a tool call with a lamp's name changes that lamp on the bridge
//! - `reload`: plugins that are added, replaced and removed
//! - `refused_files`: files that are not loaded
//! - `reload_storm`: two hundred replacements under load
//! - `isolation`: plugins that trap, loop, exhaust memory or flood the log
//! - `pitfalls`: a Python plugin with values of wrong types, and with deep recursion
//! - `handmade`: plugins that no toolchain would produce
//! - `mutants`: plugins with random changes
//! - `cancellation`: cancellation of a call
//! - `grants`: what a plugin may reach, and how a refusal reads
//! - `config_reload`: the operator's configuration, changed during a session
//! - `storage`: what plugins store
//! - `prompts_and_resources`: prompts and resources, replaced, refused and held
//! - `approval`: pinned plugins
//! - `compilation`: the compiler's child process, and its cache
//! - `contract`: plugins of frozen versions of the contract
//! - `metadata_cache`: plugins that are known from an earlier run
//! - `plugin_new`, `plugin_dev`: the commands `lamplighter plugin new` and `lamplighter plugin dev`
//! - `plugin_commands`: the other commands of `lamplighter plugin`, for authors and operators
//! - `examples`: the example plugin, in every language
//! - `languages`: Python and JavaScript do what the docs say of them
//! - `config_show`: the command `lamplighter config show`
//! - `secrets`: the application key appears nowhere

mod approval;
mod calls;
mod cancellation;
mod compilation;
mod config_reload;
mod config_show;
mod contract;
mod control;
mod examples;
mod grants;
mod handmade;
mod isolation;
mod languages;
mod metadata_cache;
mod mutants;
mod pairing;
mod pitfalls;
mod plugin_commands;
mod plugin_dev;
mod plugin_new;
mod prompts_and_resources;
mod refused_files;
mod reload;
mod reload_storm;
mod secrets;
mod shutdown;
mod start;
mod stdio;
mod storage;
mod tool_list;
