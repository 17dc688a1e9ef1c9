//! Builds a server: its plugins, its home, its configuration and its environment.

use anyhow::Result;

use crate::{Client, Era, Home, Plugins, Server, first_party, guest};

/// Builds a [`Server`].
#[derive(Debug, Default)]
pub struct Setup {
    plugins: Vec<(String, Vec<u8>)>,
    variables: Vec<(String, String)>,
    config: Option<String>,
    stored_bridges: Option<String>,
    home: Option<Home>,
    compiles_anew: bool,
    launcher: Option<String>,
}

impl Setup {
    /// Begins without plugins and without a bridge.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plugin of the tests under its own name, with `-` for `_`.
    pub fn guest(self, name: &str) -> Result<Self> {
        Ok(self.plugin(&name.replace('_', "-"), guest(name)?))
    }

    /// Adds a first-party plugin.
    pub fn first_party(self, name: &str) -> Result<Self> {
        Ok(self.plugin(name, first_party(name)?))
    }

    /// Adds any bytes as a plugin.
    #[must_use]
    pub fn plugin(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.plugins.push((name.to_owned(), bytes));
        self
    }

    /// Sets a variable of the server's environment, which is nearly empty otherwise.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the content of `config.toml`.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Self {
        self.config = Some(toml.to_owned());
        self
    }

    /// Sets the content of `bridges.toml`, as pairing writes it.
    #[must_use]
    pub fn stored_bridges(mut self, toml: &str) -> Self {
        self.stored_bridges = Some(toml.to_owned());
        self
    }

    /// Lets the server compile every plugin, instead of taking what an earlier test compiled.
    #[must_use]
    pub fn compiles_anew(mut self) -> Self {
        self.compiles_anew = true;
        self
    }

    /// Lets a shell's script start the server, whose command is in the script's arguments.
    #[must_use]
    pub fn launched_by(mut self, script: &str) -> Self {
        self.launcher = Some(script.to_owned());
        self
    }

    /// Adds a simulated home, which the server reaches over HTTPS like a real bridge.
    pub async fn home(mut self) -> Result<Self> {
        let home = Home::start().await?;
        self.variables.extend(home.variables());
        self.home = Some(home);
        Ok(self)
    }

    /// Starts the server and opens a session.
    pub async fn connect(self, era: Era) -> Result<(Server, Client)> {
        let server = self.start().await?;
        let client = server.connect(era).await?;
        Ok((server, client))
    }

    /// Starts the server and waits until each plugin is served or refused, and the home is reached or has refused.
    pub async fn start(self) -> Result<Server> {
        let names: Vec<_> = self.plugins.iter().map(|(name, _)| name.clone()).collect();
        let has_home = self.home.is_some();
        let server = self.spawn()?;
        for name in names {
            server.settled(&name).await?;
        }
        if has_home {
            server.bridge_settled().await?;
        }
        Ok(server)
    }

    /// Starts the server and waits for nothing.
    pub fn spawn(self) -> Result<Server> {
        let plugins = Plugins::new()?;
        for (name, bytes) in &self.plugins {
            plugins.put(name, bytes)?;
        }
        let mut variables = self.variables;
        if let Some(toml) = self.config {
            let file = plugins.configure(&toml)?;
            variables.push(("LAMPLIGHTER_CONFIG".into(), file.display().to_string()));
        }
        if let Some(toml) = self.stored_bridges {
            plugins.store_bridges(&toml)?;
        }
        if !self.compiles_anew {
            plugins.share_compiled()?;
        }
        Server::spawn(plugins, variables, self.home, self.launcher)
    }
}
