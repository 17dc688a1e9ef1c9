//! Doing what was planned, and telling what came of it.

mod asked;
mod confirm;
mod index;
mod outcome;
mod verdict;

use futures::future::join_all;
use tokio::time::Instant;

use crate::{
    attempt_error::AttemptError,
    bridge::Bridge,
    change::{ApplyOptions, Command, Outcome, Plan, Step, StepKind},
    clip::{Request, SoftError},
    error::Error,
    paced_client::to_tokio_instant,
    plan,
};
use index::Index;
use verdict::Verdict;

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
enum Sent {
    /// The bridge took it, with what it had to say.
    Taken(Vec<SoftError>),
    /// It was not sent, and why.
    Not(String),
    /// The answer is missing: it may have been done.
    Unsure(Error),
    /// The bridge refused it.
    Failed(Error),
}

impl Bridge {
    /// Does what the commands say, and tells per light what came of it.
    ///
    /// An error means that nothing was sent. Dropping the future stops further sending.
    pub async fn apply(&self, commands: &[Command], options: ApplyOptions) -> Result<Vec<Outcome>, Error> {
        self.check_live()?;
        let plan = self.plan(commands)?;
        let deadline = to_tokio_instant(options.deadline);
        self.check_in_time(&plan, deadline)?;
        let index = Index::of(&plan);
        let since = self.reader().snapshot().revision;
        let sent = self.execute(&plan, &index, deadline, since).await;
        let verdicts: Vec<Verdict<'_>> =
            plan.steps.iter().zip(&sent).map(|(step, sent)| Verdict::of(step, sent)).collect();
        let until = Instant::now().checked_add(options.confirm_within).map_or(deadline, |at| at.min(deadline));
        let confirmed = confirm::wait(self.reader(), &plan, &index, &verdicts, since, until).await;
        let home = self.view().home;
        let outcome = |light| outcome::of(light, &index, &verdicts, &confirmed, &home);
        Ok(plan.lights.iter().map(outcome).collect())
    }

    /// Refuses what cannot be sent in time before any of it is sent.
    fn check_in_time(&self, plan: &Plan, deadline: Instant) -> Result<(), Error> {
        let costs: Vec<_> = plan.steps.iter().map(plan::cost).collect();
        let wait = self.client().forecast(&costs);
        if !costs.is_empty() && Instant::now() + wait > deadline {
            return Err(Error::Busy { wait });
        }
        Ok(())
    }

    /// Sends the steps, side by side where they change different lights. One that fails fails only its own lights.
    async fn execute(&self, plan: &Plan, index: &Index<'_>, deadline: Instant, since: u64) -> Vec<Sent> {
        let mut sent = vec![Sent::Not("it was not tried".to_owned()); plan.steps.len()];
        for wave in plan::waves(&plan.steps) {
            let steps = wave.iter().filter_map(|at| Some((*at, plan.steps.get(*at)?)));
            let results = join_all(steps.map(async |(at, step)| {
                let result = self.send_step(step, deadline).await;
                self.remember(index, step, &result, since);
                (at, result)
            }));
            for (at, result) in results.await {
                if let Some(slot) = sent.get_mut(at) {
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
        match self.client().send(&request, plan::cost(step), step.repeatable, deadline).await {
            Ok(reply) => Sent::Taken(reply.envelope.errors),
            Err(AttemptError::Busy(_)) => Sent::Not("the time was up before its turn".to_owned()),
            Err(failure) if failure.is_definitely_unsent() => Sent::Not(Error::from(failure).to_string()),
            Err(failure) if failure.is_refusal() => Sent::Failed(failure.into()),
            Err(failure) => Sent::Unsure(failure.into()),
        }
    }

    /// Keeps what the mirror will show later, or never.
    fn remember(&self, index: &Index<'_>, step: &Step, sent: &Sent, since: u64) {
        let mut memory = self.memory();
        match sent {
            Sent::Taken(_) => {
                let fades = step.body.pointer("/dynamics/duration").or(step.body.pointer("/recall/duration")).is_some();
                for light in index.lights(step).filter(|light| light.after != light.before) {
                    memory.accepted(&light.light, &light.after, since);
                    if let Some(brightness) = light.before.brightness.filter(|_| fades && goes_out(light)) {
                        memory.faded(&light.light, brightness);
                    }
                }
            }
            Sent::Unsure(_) => memory.told(step.lights.iter().cloned(), since),
            Sent::Not(_) | Sent::Failed(_) => {}
        }
    }
}

fn goes_out(light: &crate::change::PlannedLight) -> bool {
    light.before.on && !light.after.on
}
