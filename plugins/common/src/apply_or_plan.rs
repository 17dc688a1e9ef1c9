//! Applies commands, or plans them in a dry run.

use lamplighter_plugin::prelude::*;

/// Applies the commands, or only plans them if `dry_run` is set. `subject` names what the caller asked to change.
pub fn apply_or_plan(subject: &str, commands: &[Command], dry_run: bool) -> Result<Report<Changes>, ToolError> {
    if dry_run {
        return Ok(Report::from_plan(subject, &control::plan(commands)?));
    }
    Ok(Report::from_outcomes(subject, &control::apply(commands)?))
}
