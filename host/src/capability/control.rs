//! `control`: changing lights, groups and scenes, in batches; planned and paced by the bridge's own crate.

use super::{InstanceContext, convert};
use crate::{
    config::Interface,
    contract::{control, types},
};

/// More commands than a home has lights, in one batch.
const MAX_COMMANDS: usize = 1_000;

impl control::Host for InstanceContext {
    async fn apply(
        &mut self,
        commands: Vec<control::Command>,
        options: control::ApplyOptions,
    ) -> Result<Vec<control::Outcome>, types::Error> {
        self.check_grant(Interface::Control)?;
        let commands = commands_of(commands)?;
        self.check_lights(&commands)?;
        self.spend_commands(commands.len())?;
        let options = convert::apply_options(&options, self.bridge_deadline());
        let outcomes = self.bridge()?.apply(&commands, options).await.map_err(convert::error)?;
        // What was read before is older than what was just done.
        self.view = None;
        Ok(outcomes.into_iter().map(convert::outcome).collect())
    }

    fn plan(&mut self, commands: Vec<control::Command>) -> Result<control::ChangePlan, types::Error> {
        self.check_grant(Interface::Control)?;
        let commands = commands_of(commands)?;
        let plan = self.bridge()?.plan(&commands).map_err(convert::error)?;
        Ok(convert::plan(plan))
    }
}

fn commands_of(commands: Vec<control::Command>) -> Result<Vec<hue_bridge::Command>, types::Error> {
    if commands.len() > MAX_COMMANDS {
        return Err(types::Error::Invalid(format!("{} commands; at most {MAX_COMMANDS} at once", commands.len())));
    }
    commands.into_iter().map(convert::command).collect()
}
