//! Sleeps for the time it is given, reports progress, and stops when it is cancelled.

use lamplighter_plugin::prelude::*;
use serde_json::json;

const STEP_MS: u64 = 50;

/// Says how long to sleep.
#[derive(Deserialize, JsonSchema)]
struct Sleep {
    /// Milliseconds.
    #[schemars(range(max = 600_000))]
    ms: u64,
}

fn sleep(Sleep { ms }: Sleep) -> Reply {
    let mut slept = 0;
    while slept < ms && !call::is_cancelled() {
        let step = STEP_MS.min(ms - slept);
        if !call::sleep(step) {
            break;
        }
        slept += step;
        report(slept, ms);
    }
    let cancelled = slept < ms;
    Reply::json(json!({"slept_ms": slept, "cancelled": cancelled}))
}

#[expect(clippy::cast_precision_loss, reason = "no sleep takes 2^52 ms")]
fn report(done: u64, total: u64) {
    call::progress(done as f64, Some(total as f64), Some("asleep"));
}

export_plugin! { tools: [Tool::new("sleep", "Sleeps for some milliseconds.", sleep).read_only()] }
