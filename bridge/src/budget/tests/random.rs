//! Callers do random things: the limits hold in every window, and each request ends in one of three ways.

use proptest::prelude::*;
use tokio::{task::JoinSet, time::timeout};

use super::{
    forecasts::{Wanted, wanted},
    turns::name,
    *,
};

/// Describes a request from when it comes to when it ends.
#[derive(Clone, Copy, Debug)]
struct Story {
    wanted: Wanted,
    comes: Duration,
    /// The deadline, which counts from when it came.
    deadline: Duration,
    /// The time for which its caller waits, which counts from when it came.
    patience: Duration,
    /// The time that the bridge takes to answer.
    answer: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Granted(Instant),
    Refused(Duration),
    Dropped,
}

prop_compose! {
    fn story()(
        wanted in wanted(), comes in 0_u64..5000, deadline in 0_u64..6000, patience in 0_u64..8000, answer in 0_u64..400,
    ) -> Story {
        let ms = Duration::from_millis;
        Story { wanted, comes: ms(comes), deadline: ms(deadline), patience: ms(patience), answer: ms(answer) }
    }
}

async fn tell(budget: Budget, story: Story) -> End {
    sleep(story.comes).await;
    let acquire = budget.acquire(story.wanted.cost, Instant::now() + story.deadline);
    match timeout(story.patience, acquire).await {
        Err(_) => End::Dropped,
        Ok(Err(wait)) => End::Refused(wait),
        Ok(Ok(permit)) => {
            let at = Instant::now();
            sleep(story.answer).await;
            drop(permit);
            End::Granted(at)
        }
    }
}

async fn play(stories: &[Story], throttled: &[Duration]) -> (Instant, Vec<(Story, End)>, BudgetStatus) {
    let (budget, start) = (Budget::new(), Instant::now());
    let mut tasks = JoinSet::new();
    for story in stories.iter().copied() {
        let budget = budget.for_caller(name(story.wanted.caller));
        tasks.spawn(async move { (story, tell(budget, story).await) });
    }
    for at in throttled.iter().copied() {
        let budget = budget.clone();
        tokio::spawn(async move {
            sleep(at).await;
            budget.on_throttled();
        });
    }
    let ends = tasks.join_all().await;
    sleep(Duration::from_mins(1)).await;
    (start, ends, budget.status())
}

/// Checks that no window has more tokens than a full bucket and the window's time give.
fn check_windows(ends: &[(Story, End)]) -> Result<(), TestCaseError> {
    let mut sent: Vec<(Instant, [f64; 3])> = ends
        .iter()
        .filter_map(|(story, end)| match end {
            End::Granted(at) => Some((*at, story.wanted.cost.per_bucket())),
            _ => None,
        })
        .collect();
    sent.sort_by_key(|(at, _)| *at);
    for (from, (start, _)) in sent.iter().enumerate() {
        let mut sum = [0.0; 3];
        for (at, cost) in &sent[from..] {
            token_buckets::add_tokens(&mut sum, *cost, 1.0);
            let seconds = (*at - *start).as_secs_f64();
            for (limit, sum) in sum.iter().enumerate() {
                let most = token_buckets::TOKEN_CAPACITIES[limit] + token_buckets::TOKENS_PER_SECOND[limit] * seconds;
                prop_assert!(*sum <= most + 1e-4, "limit {limit}: {sum} in {seconds} s");
            }
        }
    }
    Ok(())
}

fn check_in_flight(ends: &[(Story, End)]) -> Result<(), TestCaseError> {
    let spans: Vec<_> = ends
        .iter()
        .filter_map(|(story, end)| match end {
            End::Granted(at) => Some((*at, *at + story.answer)),
            _ => None,
        })
        .collect();
    for (at, _) in &spans {
        let at_once = spans.iter().filter(|(from, to)| from <= at && at < to).count();
        prop_assert!(at_once <= 3, "{at_once} in flight");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_limits_hold_and_nothing_is_lost(
        stories in prop::collection::vec(story(), 1..150),
        throttled in prop::collection::vec(0_u64..5000, 0..3),
    ) {
        let throttled: Vec<_> = throttled.into_iter().map(Duration::from_millis).collect();
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let (start, ends, after) = clock.expect("a clock").block_on(play(&stories, &throttled));
        prop_assert_eq!(ends.len(), stories.len());
        check_windows(&ends)?;
        check_in_flight(&ends)?;
        for (story, end) in &ends {
            match end {
                End::Granted(at) => {
                    let waited = at.duration_since(start + story.comes);
                    prop_assert!(waited <= story.deadline.min(story.patience) + Duration::from_millis(2), "{waited:?}");
                }
                End::Refused(wait) => prop_assert!(*wait > story.deadline, "{wait:?} of {:?}", story.deadline),
                End::Dropped => prop_assert!(story.patience <= story.deadline + Duration::from_millis(1)),
            }
        }
        prop_assert_eq!((after.waiting, after.in_flight, after.speed), (0, 0, Speed::Full));
        prop_assert!(after.requests.is_full() && after.lights.is_full() && after.groups.is_full(), "{after:?}");
    }
}
