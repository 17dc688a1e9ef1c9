//! What else the machine does during a run.

use std::fs;

use anyhow::{Context, Result};

/// The share of one processor that others may use before a run counts as disturbed.
const MAX_FOREIGN_PROCESSORS: f64 = 0.1;

/// The machine's counters at one moment, in ticks.
pub(crate) struct Machine {
    total: f64,
    idle: f64,
    stolen: f64,
    /// Is what this process and the children that have ended used.
    own: f64,
}

/// What others used between two moments.
pub(crate) struct Load {
    /// Counts the processors.
    pub(crate) processors: f64,
    /// Is the number of processors that other programs kept busy on average.
    pub(crate) foreign: f64,
    /// Is the number of processors that the hypervisor gave to other machines.
    pub(crate) stolen: f64,
}

impl Machine {
    /// Reads the counters.
    pub(crate) fn look() -> Result<Self> {
        let ticks = |text: &str| text.split_whitespace().filter_map(|word| word.parse().ok()).collect::<Vec<f64>>();
        let stat = fs::read_to_string("/proc/stat")?;
        // user, nice, system, idle, iowait, irq, softirq, steal; the guests' time is part of user's.
        let all = ticks(stat.lines().next().context("/proc/stat is empty")?);
        let own = fs::read_to_string("/proc/self/stat")?;
        let own = ticks(own.rsplit_once(") ").context("/proc/self/stat has a name")?.1);
        let at = |ticks: &[f64], index: usize| ticks.get(index).copied().unwrap_or_default();
        Ok(Self {
            total: all.iter().take(8).sum(),
            idle: at(&all, 3) + at(&all, 4),
            stolen: at(&all, 7),
            // The first word after the name is a letter, so utime, stime, cutime and cstime are these.
            own: (10..14).map(|index| at(&own, index)).sum(),
        })
    }

    /// Returns what others have used since this moment.
    #[allow(clippy::cast_precision_loss, reason = "a machine has few processors")]
    pub(crate) fn load_since(&self) -> Result<Load> {
        let now = Self::look()?;
        let processors = std::thread::available_parallelism()?.get() as f64;
        let share = |ticks: f64| ticks / (now.total - self.total).max(1.0) * processors;
        let stolen = now.stolen - self.stolen;
        let busy = (now.total - self.total) - (now.idle - self.idle) - stolen;
        let foreign = (busy - (now.own - self.own)).max(0.0);
        Ok(Load { processors, foreign: share(foreign), stolen: share(stolen) })
    }
}

impl Load {
    /// Says in a sentence or two whether the machine was busy with something else.
    pub(crate) fn describe(&self) -> String {
        let Self { processors, foreign, stolen } = self;
        let used = format!("Other programs used {foreign:.2} of {processors} processors, other machines {stolen:.2}");
        if foreign + stolen > MAX_FOREIGN_PROCESSORS {
            format!("{used}: this machine was BUSY. Trust the ratios more than the times, and repeat the run.")
        } else {
            format!("{used}: this machine was quiet.")
        }
    }
}
