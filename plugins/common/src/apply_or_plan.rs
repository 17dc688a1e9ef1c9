//! Doing it, or saying what would be done.

use lamplighter_plugin::prelude::*;

/// Applies the commands, or only plans them. `subject` is what the caller asked for, by name.
pub fn apply_or_plan(subject: &str, commands: &[Command], dry_run: bool) -> Result<Report<Changes>, ToolError> {
    if dry_run {
        return Ok(Report::from_plan(subject, &control::plan(commands)?));
    }
    Ok(Report::from_outcomes(subject, &control::apply(commands)?))
}
