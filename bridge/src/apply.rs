//! Doing what was planned, and telling what came of it.

mod confirm;
mod outcome;

use futures::future::join_all;
use tokio::time::Instant;

use crate::{
    bridge::Bridge,
    change::{ApplyOptions, Command, Outcome, Plan, Step, StepKind},
    clip::{Request, SoftError},
    error::Error,
    failure::Failure,
    gate::on_clock,
    plan,
};

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
enum Sent {
    /// The bridge took it, with what it had to say.
    Taken(Vec<SoftError>),
    /// It was not sent, and why.
    Not(String),
    /// It was sent, or may have been, and did not work.
    Failed(Error),
}

impl Bridge {
    /// Does what the commands say, and tells per light what came of it.
    ///
    /// An error means that nothing was sent. Dropping the future stops further sending.
    pub async fn apply(&self, commands: &[Command], options: ApplyOptions) -> Result<Vec<Outcome>, Error> {
        self.check_live()?;
        let plan = self.plan(commands)?;
        let deadline = on_clock(options.deadline);
        self.check_in_time(&plan, deadline)?;
        let since = self.reader().snapshot().revision;
        let sent = self.execute(&plan, deadline, since).await;
        let confirm_until = Instant::now().checked_add(options.confirm_within).map_or(deadline, |at| at.min(deadline));
        let confirmed = confirm::wait(self.reader(), &plan, &sent, since, confirm_until).await;
        let home = self.view().home;
        Ok(plan.lights.iter().map(|light| outcome::of(light, &plan.steps, &sent, &confirmed, &home)).collect())
    }

    /// Refuses what cannot be sent in time before any of it is sent.
    fn check_in_time(&self, plan: &Plan, deadline: Instant) -> Result<(), Error> {
        let costs: Vec<_> = plan.steps.iter().map(plan::cost).collect();
        let wait = self.gate().budget.forecast(&costs);
        if !costs.is_empty() && Instant::now() + wait > deadline {
            return Err(Error::Busy { wait });
        }
        Ok(())
    }

    /// Sends the steps, side by side where they change different lights. One that fails fails only its own lights.
    async fn execute(&self, plan: &Plan, deadline: Instant, since: u64) -> Vec<Sent> {
        let mut sent = vec![Sent::Not("it was not tried".to_owned()); plan.steps.len()];
        for wave in plan::waves(&plan.steps) {
            let steps = wave.iter().filter_map(|index| Some((*index, plan.steps.get(*index)?)));
            let results =
                join_all(steps.map(async |(index, step)| (index, self.send_step(step, deadline).await))).await;
            for (index, result) in results {
                if let (Sent::Taken(_), Some(step)) = (&result, plan.steps.get(index)) {
                    self.note_accepted(plan, step, since);
                }
                if let Some(slot) = sent.get_mut(index) {
                    *slot = result;
                }
            }
        }
        sent
    }

    async fn send_step(&self, step: &Step, deadline: Instant) -> Sent {
        let kind = match step.kind {
            StepKind::Light => "light",
            StepKind::Group => "grouped_light",
            StepKind::Scene => "scene",
            StepKind::SmartScene => "smart_scene",
            StepKind::Identify => "device",
        };
        let request = Request::put(kind, step.resource.as_str(), step.body.clone());
        match self.gate().send(&request, plan::cost(step), step.repeatable, deadline).await {
            Ok(reply) => Sent::Taken(reply.envelope.errors),
            Err(Failure::Busy(_)) => Sent::Not("the time was up before its turn".to_owned()),
            Err(failure) if failure.surely_not_done() => Sent::Not(Error::from(failure).to_string()),
            Err(failure) => Sent::Failed(failure.into()),
        }
    }

    fn note_accepted(&self, plan: &Plan, step: &Step, since: u64) {
        let changed =
            plan.lights.iter().filter(|light| step.lights.contains(&light.light) && light.after != light.before);
        self.unsettle(changed.map(|light| (light.light.clone(), Some(light.after.clone()))), since);
    }
}

/// The steps that change a light, with what became of them.
fn steps_of<'a>(
    light: &'a crate::home::Id,
    steps: &'a [Step],
    sent: &'a [Sent],
) -> impl Iterator<Item = (&'a Step, &'a Sent)> {
    steps.iter().zip(sent).filter(move |(step, _)| step.lights.contains(light))
}
