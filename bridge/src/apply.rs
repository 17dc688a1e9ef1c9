//! Execution of a plan: sends its requests, and derives the outcome of each light.

mod confirmation;
mod expected;
mod outcome;
mod plan_index;
mod response;
#[cfg(test)]
mod samples;

use futures::future::join_all;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    attempt_error::{AttemptError, Progress},
    change::{ApplyOptions, Outcome, Plan, PlannedLight, Step, StepKind},
    clip::{Request, SoftError},
    error::Error,
    mirror::MirrorReader,
    paced_client::{PacedClient, to_tokio_instant},
    pending_writes::PendingWrites,
    plan,
};
use plan_index::PlanIndex;
use response::StepResponse;

/// The parts of a connection that execution needs.
#[derive(Clone, Copy)]
pub(crate) struct Executor<'a> {
    pub(crate) client: &'a PacedClient,
    pub(crate) mirror: &'a MirrorReader,
    pub(crate) pending: &'a Mutex<PendingWrites>,
}

/// The result of sending one step.
#[derive(Clone, Debug, PartialEq)]
enum StepResult {
    /// The bridge accepted the request, with these errors beside success.
    Accepted(Vec<SoftError>),
    /// The request was not sent, for this reason.
    NotSent(String),
    /// The bridge answered that it is too busy: it says that it did nothing.
    Throttled(Error),
    /// The answer is missing: the request may have been done.
    Unknown(Error),
    /// The bridge refused the request.
    Refused(Error),
}

impl Executor<'_> {
    /// Sends the steps, waits for the event stream to confirm them, and returns one outcome per light.
    ///
    /// An error means that nothing was sent, or that a plan without a known light was not done.
    pub(crate) async fn execute(self, plan: &Plan, options: ApplyOptions) -> Result<Vec<Outcome>, Error> {
        let deadline = to_tokio_instant(options.deadline);
        self.check_in_time(plan, deadline)?;
        let index = PlanIndex::new(plan);
        let since = self.mirror.snapshot().revision;
        let results = self.send_all(plan, &index, deadline, since).await;
        let responses: Vec<StepResponse<'_>> =
            plan.steps.iter().zip(&results).map(|(step, result)| StepResponse::new(step, result)).collect();
        if plan.lights.is_empty() {
            // No outcome of a light can tell it.
            return responses.iter().find_map(StepResponse::error).map_or(Ok(Vec::new()), Err);
        }
        let until = Instant::now().checked_add(options.confirm_within).map_or(deadline, |at| at.min(deadline));
        let confirmed = confirmation::confirmed_lights(self.mirror, plan, &index, &responses, since, until).await;
        let home = &self.mirror.snapshot().home;
        let outcome = |light| outcome::of_light(light, &index, &responses, &confirmed, home);
        Ok(plan.lights.iter().map(outcome).collect())
    }

    /// Refuses a plan that cannot be sent before the deadline.
    fn check_in_time(self, plan: &Plan, deadline: Instant) -> Result<(), Error> {
        let costs: Vec<_> = plan.steps.iter().map(plan::cost).collect();
        let wait = self.client.forecast(&costs);
        if !costs.is_empty() && Instant::now() + wait > deadline {
            return Err(Error::Busy { wait });
        }
        Ok(())
    }

    /// Sends the steps, side by side where they change different lights. A failure affects only the step's own lights.
    async fn send_all(self, plan: &Plan, index: &PlanIndex<'_>, deadline: Instant, since: u64) -> Vec<StepResult> {
        let mut results = vec![StepResult::NotSent("it was not tried".to_owned()); plan.steps.len()];
        for round in plan::send_order(&plan.steps) {
            let steps = round.iter().filter_map(|at| Some((*at, plan.steps.get(*at)?)));
            let sent = join_all(steps.map(async |(at, step)| {
                let result = self.send(step, plan.confined, deadline).await;
                self.record(index, step, &result, since);
                (at, result)
            }));
            for (at, result) in sent.await {
                if let Some(slot) = results.get_mut(at) {
                    *slot = result;
                }
            }
        }
        results
    }

    async fn send(self, step: &Step, confined: bool, deadline: Instant) -> StepResult {
        let resource_type = match step.kind {
            StepKind::Light => "light",
            StepKind::Group => "grouped_light",
            StepKind::Scene => "scene",
            StepKind::SmartScene => "smart_scene",
            StepKind::Identify => "device",
        };
        let request = Request::put(resource_type, step.resource.as_str(), step.body.clone());
        // The turn may come seconds after the check: the mirror is asked again when it has come.
        let precondition = || {
            if confined { plan::check_lights_unchanged(step, &self.mirror.snapshot().home) } else { Ok(()) }
        };
        match self.client.send_if(&request, plan::cost(step), step.repeatable, deadline, precondition).await {
            Ok(reply) => StepResult::Accepted(reply.envelope.errors),
            Err(AttemptError::Busy(_)) => StepResult::NotSent("the time was up before its turn".to_owned()),
            Err(error) => match error.progress() {
                Progress::Unsent => StepResult::NotSent(Error::from(error).to_string()),
                Progress::Discarded => StepResult::Throttled(error.into()),
                Progress::Sent if error.is_refusal() => StepResult::Refused(error.into()),
                Progress::Sent => StepResult::Unknown(error.into_write_error()),
            },
        }
    }

    /// Records the writes that the mirror will show later, or never.
    fn record(self, index: &PlanIndex<'_>, step: &Step, result: &StepResult, since: u64) {
        let mut pending = self.pending.lock();
        match result {
            StepResult::Accepted(_) if step.kind == StepKind::SmartScene => {
                pending.record_unknown(step.lights.iter().cloned(), since);
            }
            StepResult::Accepted(_) => {
                let fades = step.body.pointer("/dynamics/duration").or(step.body.pointer("/recall/duration")).is_some();
                for light in index.lights(step).filter(|light| light.after != light.before) {
                    pending.record_accepted(&light.light, &light.after, since);
                    if let Some(brightness) = light.before.brightness.filter(|_| fades && turns_off(light)) {
                        pending.record_fade(&light.light, brightness);
                    }
                }
            }
            StepResult::Unknown(_) => pending.record_unknown(step.lights.iter().cloned(), since),
            StepResult::NotSent(_) | StepResult::Throttled(_) | StepResult::Refused(_) => {}
        }
    }
}

fn turns_off(light: &PlannedLight) -> bool {
    light.before.on && !light.after.on
}
