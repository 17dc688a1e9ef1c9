//! Forecasts are compared with the turns that come.

use proptest::prelude::*;

use super::{turns::*, *};

#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) caller: usize,
    pub(super) cost: Cost,
}

prop_compose! {
    pub(super) fn wanted()(caller in 0_usize..6, messages in 0_u32..12) -> Wanted {
        let cost = match messages {
            0 => Cost::GROUP_COMMAND,
            1 => Cost::REQUEST_ONLY,
            messages => Cost::light(messages - 1),
        };
        Wanted { caller, cost }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_forecast_is_the_turn_if_nobody_comes_or_leaves(
        before in prop::collection::vec(wanted(), 0..60),
        after in 0_u64..3000,
        then in prop::collection::vec(wanted(), 0..30),
        caller in 0_usize..8,
        batch in prop::collection::vec(wanted(), 1..12),
    ) {
        let mut course = Course::new();
        for wanted in before {
            course.join(wanted.caller, wanted.cost, 1);
        }
        course.run_until(Duration::from_millis(after));
        for wanted in then {
            course.join(wanted.caller, wanted.cost, 1);
        }
        let costs: Vec<_> = batch.iter().map(|wanted| wanted.cost).collect();
        let told = course.scheduler.forecast(&name(caller), &costs);
        let numbers: Vec<_> = costs.iter().map(|cost| course.join_one(caller, *cost)).collect();
        course.run_until(Duration::from_mins(10));
        let last = numbers.iter().filter_map(|number| course.turn(*number)).max().expect("all are served");
        let came = last.saturating_sub(Duration::from_millis(after));
        prop_assert!(told.abs_diff(came) < Duration::from_millis(1), "told {told:?}, came {came:?}");
    }

    #[test]
    fn nobody_is_refused_who_would_have_been_served_in_time(
        before in prop::collection::vec(wanted(), 0..80),
        own in wanted(),
        within in 0_u64..8000,
    ) {
        let within = Duration::from_millis(within);
        let mut course = Course::new();
        for wanted in before {
            course.join(wanted.caller, wanted.cost, 1);
        }
        let refused = course.scheduler.wait_beyond(&name(own.caller), own.cost, course.start + within);
        let number = course.join_one(own.caller, own.cost);
        course.run_until(Duration::from_mins(10));
        let turn = course.turn(number).expect("all are served");
        prop_assert_eq!(refused.is_some(), turn > within, "{:?}, its turn was {:?}", refused, turn);
        prop_assert!(refused.is_none_or(|wait| wait > within));
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_the_callers_own_place_that_counts() {
    let budget = Budget::new();
    let busy = budget.for_caller("busy".into());
    let mut waiting: Vec<_> = (0..200).map(|_| Box::pin(busy.acquire(Cost::light(1), later(600)))).collect();
    for one in &mut waiting {
        let _ = futures::poll!(one);
    }
    let other = budget.for_caller("other".into());
    assert!(busy.forecast(&[Cost::light(1)]) > Duration::from_secs(18));
    assert!(other.forecast(&[Cost::light(1)]) < Duration::from_millis(300));
    assert!(busy.acquire(Cost::light(1), later(2)).await.is_err());
    assert!(other.acquire(Cost::light(1), later(2)).await.is_ok());
}

#[test]
fn a_very_long_line_is_looked_at_no_further_than_it_helps() {
    let mut course = Course::new();
    for caller in 0..20 {
        course.join(caller, Cost::light(1), 1000);
    }
    let soon = course.start + Duration::from_secs(10);
    assert!(course.scheduler.wait_beyond(&name(1), Cost::light(1), soon).is_some());
    assert!(course.scheduler.wait_beyond(&name(20), Cost::light(1), soon).is_none());
    assert!(course.scheduler.wait_beyond(&name(1), Cost::light(1), course.start + Duration::from_hours(1)).is_none());
}
