//! Tests of the budget as a whole: limits, turns, forecasts and greedy callers, on a paused clock.

mod forecasts;
mod greedy;
mod random;
mod storm;
mod turns;

use tokio::time::{advance, sleep};

use super::*;

impl Bucket {
    fn is_full(&self) -> bool {
        (self.available - self.capacity).abs() < 1e-6
    }
}

fn later(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

async fn send(budget: &Budget, cost: Cost) -> Instant {
    let permit = budget.acquire(cost, later(600)).await;
    assert!(permit.is_ok());
    Instant::now()
}

#[tokio::test(start_paused = true)]
async fn ten_requests_go_at_once_and_then_ten_a_second() {
    let budget = Budget::new();
    let start = Instant::now();
    for _ in 0..10 {
        assert_eq!(send(&budget, Cost::REQUEST_ONLY).await, start);
    }
    for n in 1..=20 {
        let waited = send(&budget, Cost::REQUEST_ONLY).await - start;
        let due = Duration::from_millis(100 * n);
        assert!(waited >= due && waited < due + Duration::from_millis(5), "{n}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_light_command_of_three_messages_costs_more_than_one_of_two() {
    assert!((Cost::light(1).per_bucket()[1] - 1.0).abs() < 1e-9);
    assert!((Cost::light(2).per_bucket()[1] - 1.0).abs() < 1e-9);
    assert!((Cost::light(3).per_bucket()[1] - 1.2).abs() < 1e-9);
}

#[tokio::test(start_paused = true)]
async fn groups_go_one_a_second_and_lights_pass_them() {
    let budget = Budget::new();
    let start = Instant::now();
    send(&budget, Cost::GROUP_COMMAND).await;
    let group = tokio::spawn({
        let budget = budget.clone();
        async move { send(&budget, Cost::GROUP_COMMAND).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(budget.status().waiting, 1);
    assert_eq!(send(&budget, Cost::light(1)).await, start);
    let waited = group.await.expect("no panic") - start;
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_millis(1010), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_callers_own_requests_are_served_in_the_order_they_came() {
    let budget = Budget::new();
    for _ in 0..10 {
        send(&budget, Cost::light(3)).await;
    }
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for n in 0..6 {
        let (budget, order) = (budget.clone(), Arc::clone(&order));
        // Every other request costs more, and must not be overtaken for that.
        let cost = if n % 2 == 0 { Cost::light(10) } else { Cost::light(1) };
        tasks.push(tokio::spawn(async move {
            send(&budget, cost).await;
            order.lock().push(n);
        }));
        tokio::task::yield_now().await;
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    assert_eq!(*order.lock(), [0, 1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn three_are_in_flight_at_most() {
    let budget = Budget::new();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.extend(budget.acquire(Cost::REQUEST_ONLY, later(1)).await);
    }
    assert!(
        tokio::time::timeout(Duration::from_millis(50), budget.acquire(Cost::REQUEST_ONLY, later(1))).await.is_err()
    );
    held.pop();
    assert!(budget.acquire(Cost::REQUEST_ONLY, later(1)).await.is_ok());
    assert_eq!(budget.status().in_flight, 2);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_served_in_time_is_told_at_once() {
    let budget = Budget::new();
    let start = Instant::now();
    send(&budget, Cost::GROUP_COMMAND).await;
    let wait = budget.acquire(Cost::GROUP_COMMAND, start + Duration::from_millis(500)).await.err().expect("too busy");
    assert_eq!(Instant::now(), start);
    assert!(wait > Duration::from_millis(900) && wait <= Duration::from_secs(1), "{wait:?}");
    assert_eq!(budget.status().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_leaves_nothing_behind() {
    let budget = Budget::new();
    send(&budget, Cost::GROUP_COMMAND).await;
    for _ in 0..20 {
        let waiting = budget.acquire(Cost::GROUP_COMMAND, later(60));
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
    }
    let status = budget.status();
    assert_eq!((status.waiting, status.in_flight), (0, 0));
    advance(Duration::from_secs(5)).await;
    let status = budget.status();
    assert!(status.requests.is_full() && status.groups.is_full());
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_nobody_took_gives_its_tokens_back() {
    let budget = Budget::new();
    let held = [
        budget.acquire(Cost::REQUEST_ONLY, later(9)).await,
        budget.acquire(Cost::REQUEST_ONLY, later(9)).await,
        budget.acquire(Cost::REQUEST_ONLY, later(9)).await,
    ];
    let mut waiting = Box::pin(budget.acquire(Cost::light(1), later(9)));
    assert!(futures::poll!(&mut waiting).is_pending());
    drop(held);
    assert_eq!(budget.status().in_flight, 1);
    drop(waiting);
    let status = budget.status();
    assert!(status.in_flight == 0 && status.lights.is_full());
}

#[tokio::test(start_paused = true)]
async fn after_a_429_everybody_pauses_and_then_goes_at_half_speed() {
    let budget = Budget::new();
    let start = Instant::now();
    budget.on_throttled();
    budget.on_throttled();
    let first = send(&budget, Cost::REQUEST_ONLY).await - start;
    assert!(first >= Duration::from_millis(1200) && first < Duration::from_millis(1210), "{first:?}");
    let second = send(&budget, Cost::REQUEST_ONLY).await - start;
    assert!(second >= Duration::from_millis(1400) && second < Duration::from_millis(1410), "{second:?}");
    sleep(Duration::from_secs(20)).await;
    assert!(budget.status().requests.is_full());
}

#[tokio::test(start_paused = true)]
async fn a_forecast_is_when_the_last_one_goes() {
    let budget = Budget::new();
    assert_eq!(budget.forecast(&[Cost::light(1); 10]), Duration::ZERO);
    let wait = budget.forecast(&[Cost::light(3); 20]);
    assert!((wait.as_secs_f64() - 1.4).abs() < 0.01, "{wait:?}");
    let wait = budget.forecast(&[Cost::GROUP_COMMAND; 3]);
    assert!((wait.as_secs_f64() - 2.0).abs() < 0.01, "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn who_is_not_called_in_time_is_told_then() {
    let budget = Budget::new();
    let start = Instant::now();
    let held = [
        budget.acquire(Cost::REQUEST_ONLY, later(9)).await,
        budget.acquire(Cost::REQUEST_ONLY, later(9)).await,
        budget.acquire(Cost::REQUEST_ONLY, later(9)).await,
    ];
    // A forecast cannot know that the bridge is slow.
    let wait = budget.acquire(Cost::REQUEST_ONLY, later(1)).await.err().expect("three are in flight");
    assert!(wait > Duration::from_secs(1) && start.elapsed() >= Duration::from_secs(1), "{wait:?}");
    drop(held);
    let status = budget.status();
    assert_eq!((status.waiting, status.in_flight), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn how_it_is_can_be_seen() {
    let budget = Budget::new();
    send(&budget, Cost::GROUP_COMMAND).await;
    let groups: Vec<_> = (0..2).map(|_| Box::pin(budget.acquire(Cost::GROUP_COMMAND, later(60)))).collect();
    let mut groups = futures::future::join_all(groups);
    assert!(futures::poll!(&mut groups).is_pending());
    advance(Duration::from_millis(500)).await;
    let status = budget.status();
    assert_eq!(status.waiting, 2);
    assert!((status.groups.available - 0.5).abs() < 0.01 && status.requests.is_full(), "{status:?}");
    assert!(groups.await.iter().all(Result::is_ok));
    assert_eq!(budget.status().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn the_clock_ends_with_the_budget() {
    let (budget, running) = (Budget::new(), tokio::runtime::Handle::current().metrics());
    send(&budget, Cost::REQUEST_ONLY).await;
    assert_eq!(running.num_alive_tasks(), 1);
    drop(budget);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(running.num_alive_tasks(), 0);
}
