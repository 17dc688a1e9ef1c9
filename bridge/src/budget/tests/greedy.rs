//! Twenty callers always have requests waiting: the bridge is used fully, and each caller gets a fair share.

use proptest::prelude::*;
use tokio::task::LocalSet;

use super::{turns::name, *};

/// The commands that every caller sends, over and over.
#[derive(Clone, Copy, Debug)]
enum Mix {
    /// Each command changes one attribute of one light.
    OneAttribute,
    /// Each command changes power, brightness and colour of one light.
    ThreeAttributes,
    /// Like [`Mix::OneAttribute`], but one in this many is a group command.
    Groups(usize),
}

impl Mix {
    fn cost(self, number: usize) -> Cost {
        match self {
            Self::ThreeAttributes => Cost::light(3),
            Self::Groups(every) if number.is_multiple_of(every) => Cost::GROUP_COMMAND,
            Self::OneAttribute | Self::Groups(_) => Cost::light(1),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Greed {
    mix: Mix,
    /// The requests that each caller has waiting or in flight at any time; every fourth caller has ten times as many.
    window: usize,
    /// The time that the bridge takes to answer.
    answer: Duration,
}

const CALLER_COUNT: usize = 20;
const WARM_UP: Duration = Duration::from_secs(10);
const MEASURED_TIME: Duration = Duration::from_mins(5);

/// Returns the tokens that each caller took in five minutes, once the first burst is over.
fn taken(greed: Greed) -> Vec<[f64; 3]> {
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let taken = Arc::new(Mutex::new(vec![[0.0; 3]; CALLER_COUNT]));
    LocalSet::new().block_on(&clock.expect("a clock"), async {
        let (budget, start) = (Budget::new(), Instant::now());
        for caller in 0..CALLER_COUNT {
            // Callers start at different points of the mix.
            let number = Arc::new(Mutex::new(caller));
            let window = if caller.is_multiple_of(4) { greed.window * 10 } else { greed.window };
            for _ in 0..window {
                let (budget, number, taken) =
                    (budget.for_caller(name(caller)), Arc::clone(&number), Arc::clone(&taken));
                tokio::task::spawn_local(async move {
                    loop {
                        let cost = {
                            let mut number = number.lock();
                            *number += 1;
                            greed.mix.cost(*number)
                        };
                        let permit = budget.acquire(cost, later(100_000)).await;
                        if start.elapsed() >= WARM_UP {
                            token_buckets::add_tokens(&mut taken.lock()[caller], cost.per_bucket(), 1.0);
                        }
                        sleep(greed.answer).await;
                        drop(permit);
                    }
                });
            }
        }
        sleep(WARM_UP + MEASURED_TIME).await;
    });
    taken.lock().clone()
}

fn greed(mix: impl Strategy<Value = Mix>) -> impl Strategy<Value = Greed> {
    (mix, 2_usize..12, 0_u64..200).prop_map(|(mix, window, answer)| Greed {
        mix,
        window,
        answer: Duration::from_millis(answer),
    })
}

fn check(greed: Greed) -> Result<(), TestCaseError> {
    let taken = taken(greed);
    let rate = |limit: &usize| {
        let all = taken.iter().map(|tokens| tokens[*limit]).sum::<f64>();
        all / token_buckets::TOKENS_PER_SECOND[*limit] / MEASURED_TIME.as_secs_f64()
    };
    // The tightest limit of a mix is the one that it uses most.
    let tightest = (0..3).max_by(|one, other| rate(one).total_cmp(&rate(other))).expect("three");
    let shares: Vec<_> = taken.iter().map(|tokens| tokens[tightest]).collect();
    let slowest = shares.iter().copied().fold(f64::INFINITY, f64::min) * 20.0 / shares.iter().sum::<f64>();
    prop_assert!((0.95..=1.01).contains(&rate(&tightest)), "{} of limit {tightest}: {shares:?}", rate(&tightest));
    prop_assert!(slowest >= 0.8, "the slowest has {slowest} of an equal share: {shares:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn lights_of_one_attribute_are_sent_and_shared(greed in greed(Just(Mix::OneAttribute))) {
        check(greed)?;
    }

    #[test]
    fn lights_of_three_attributes_are_sent_and_shared(greed in greed(Just(Mix::ThreeAttributes))) {
        check(greed)?;
    }

    #[test]
    fn lights_and_groups_are_sent_and_shared(greed in greed((2_usize..30).prop_map(Mix::Groups))) {
        check(greed)?;
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_thousand_wait_and_go_and_nothing_is_left() {
    let budget = Budget::new();
    let mut waiting = Vec::new();
    for caller in 0..CALLER_COUNT {
        let budget = budget.for_caller(name(caller));
        waiting.extend((0..1000).map(|_| {
            let budget = budget.clone();
            Box::pin(async move { budget.acquire(Cost::light(1), later(10_000)).await.map(drop) })
        }));
    }
    let mut waiting = futures::future::join_all(waiting);
    assert!(futures::poll!(&mut waiting).is_pending());
    assert!(budget.status().waiting >= 20_000 - 10);
    let start = Instant::now();
    assert!(waiting.await.iter().all(Result::is_ok));
    assert!(start.elapsed() < Duration::from_secs(2_010), "{:?}", start.elapsed());
    assert_eq!(budget.status().waiting, 0);
}
