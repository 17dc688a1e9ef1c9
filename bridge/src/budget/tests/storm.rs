//! A bridge discards requests for a while, and then accepts them again.

use proptest::prelude::*;
use tokio::task::LocalSet;

use super::{
    throttle_backoff::{FIRST_PAUSE, HALF_SPEED_DURATION, MAX_PAUSE},
    turns::name,
    *,
};

/// Returns when requests were sent by callers that always have more, to a bridge that discards all of them in the storm.
async fn through(storm: std::ops::Range<Duration>, answer: Duration, end: Duration) -> (Vec<Duration>, Vec<Speed>) {
    let (budget, start) = (Budget::new(), Instant::now());
    let sent = Arc::new(Mutex::new(Vec::new()));
    for caller in 0..10 {
        let (budget, sent, storm) = (budget.for_caller(name(caller)), Arc::clone(&sent), storm.clone());
        tokio::task::spawn_local(async move {
            loop {
                let permit = budget.acquire(Cost::light(1), later(10_000)).await;
                sent.lock().push(start.elapsed());
                sleep(answer).await;
                if storm.contains(&start.elapsed()) {
                    budget.on_throttled();
                }
                drop(permit);
            }
        });
    }
    let mut speeds = Vec::new();
    while start.elapsed() < end {
        sleep(Duration::from_secs(1)).await;
        speeds.push(budget.status().speed);
    }
    let sent = sent.lock().clone();
    (sent, speeds)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn a_storm_is_waited_out_and_then_all_is_as_before(begins in 1_u64..20, lasts in 1_u64..60, answer in 1_u64..200) {
        let storm = Duration::from_secs(begins)..Duration::from_secs(begins + lasts);
        let recovered = storm.end + MAX_PAUSE + HALF_SPEED_DURATION;
        let end = recovered + Duration::from_secs(30);
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let run = through(storm.clone(), Duration::from_millis(answer), end);
        let (sent, speeds) = LocalSet::new().block_on(&clock.expect("a clock"), run);
        let within = |from: Duration, to: Duration| sent.iter().filter(|at| (from..to).contains(*at)).count();

        // At most three requests are in flight when a pause begins, and pauses double up to eight seconds.
        let during = within(storm.start + Duration::from_millis(answer), storm.end);
        let occasions = match lasts {
            0..1 => 1,
            1..3 => 2,
            3..7 => 3,
            seconds => 4 + usize::try_from(seconds - 7).unwrap_or(0) / 8,
        };
        prop_assert!(during <= 3 * occasions + 2, "{during} sent in a storm of {lasts} s");

        let after = within(recovered, end);
        prop_assert!(after >= 285, "{after} of 300 sent when it was over");
        prop_assert_eq!(speeds.last(), Some(&Speed::Full));
        prop_assert!(FIRST_PAUSE < MAX_PAUSE && MAX_PAUSE + HALF_SPEED_DURATION == Duration::from_secs(18));
    }
}
