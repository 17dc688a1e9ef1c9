//! `control`: changes lights, groups and scenes in batches. `hue-bridge` plans and paces the requests.

use super::{InstanceContext, convert};
use crate::{
    config::Interface,
    contract::{control, draft, types},
};

/// The most commands in one batch: more than a home has lights.
const MAX_COMMANDS: usize = 1_000;

impl control::Host for InstanceContext {
    async fn apply(
        &mut self,
        commands: Vec<control::Command>,
        options: control::ApplyOptions,
    ) -> Result<Vec<control::Outcome>, types::Error> {
        let commands = commands.into_iter().map(Into::into).collect();
        draft::control::Host::apply(self, commands, options.into()).await
    }

    fn plan(&mut self, commands: Vec<control::Command>) -> Result<control::ChangePlan, types::Error> {
        draft::control::Host::plan(self, commands.into_iter().map(Into::into).collect())
    }
}

impl draft::control::Host for InstanceContext {
    async fn apply(
        &mut self,
        commands: Vec<draft::control::Command>,
        options: draft::control::ApplyOptions,
    ) -> Result<Vec<control::Outcome>, types::Error> {
        self.check_grant(Interface::Control)?;
        let commands = bridge_commands(commands)?;
        self.bridge()?.check_live().map_err(convert::error)?;
        let plan = self.plan_within_grant(&commands)?;
        let options = convert::apply_options(&options, self.bridge_deadline())?;
        self.spend_commands(commands.len())?;
        let outcomes = self.bridge()?.execute(plan, options).await.map_err(convert::error)?;
        // The next read must show the change.
        self.view = None;
        Ok(outcomes.into_iter().map(convert::outcome).collect())
    }

    fn plan(&mut self, commands: Vec<draft::control::Command>) -> Result<control::ChangePlan, types::Error> {
        self.check_grant(Interface::Control)?;
        let commands = bridge_commands(commands)?;
        let plan = self.bridge()?.plan(&commands).map_err(convert::error)?;
        Ok(convert::plan(plan))
    }
}

fn bridge_commands(commands: Vec<draft::control::Command>) -> Result<Vec<hue_bridge::Command>, types::Error> {
    if commands.len() > MAX_COMMANDS {
        return Err(types::Error::Invalid(format!("{} commands; at most {MAX_COMMANDS} at once", commands.len())));
    }
    commands.into_iter().map(convert::command).collect()
}
