//! Doing it, or saying what would be done.

use lamplighter_plugin::prelude::*;

/// Applies the commands, or only plans them. `subject` is what the caller asked for, by name.
pub fn perform(subject: &str, commands: &[Command], dry_run: bool) -> Result<Report<Changes>, ToolError> {
    if dry_run {
        return Ok(Report::of_plan(subject, &control::plan(commands)?));
    }
    Ok(Report::of_outcomes(subject, &control::apply(commands)?))
}
