//! Applies commands, or plans them in a dry run.

use lamplighter_plugin::prelude::*;

/// Applies the commands, or only plans them if `dry_run` is set. `subject` names what the caller asked to change.
pub fn apply_or_plan(subject: &str, commands: &[Command], dry_run: bool) -> Result<Report<Changes>, ToolError> {
    if dry_run {
        return Ok(Report::from_plan(subject, &control::plan(commands)?));
    }
    let outcomes = control::apply(commands)?;
    let recalls = commands.iter().any(|command| matches!(command, Command::Recall(_)));
    if outcomes.is_empty() && recalls {
        return Ok(Report::recalled_unseen(subject));
    }
    Ok(Report::from_outcomes(subject, &outcomes))
}
