//! What several commands say alike.

use std::{
    io::{IsTerminal as _, Write as _},
    process::ExitCode,
};

use hue_bridge::{Facts, Identity, discover::Way};

/// Exit code of wrong usage or configuration.
const WRONG: u8 = 2;

/// What a device said of itself, made harmless for a terminal: whoever is on the network can say anything.
pub(super) fn harmless(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(64).collect();
    if shown.trim().is_empty() { "(no name)".to_owned() } else { shown }
}

/// `BSB002, software 1978293000, id 001788fffe123456`
pub(super) fn portrait(facts: &Facts) -> String {
    format!("{}, software {}, id {}", harmless(&facts.model), harmless(&facts.software), facts.id)
}

/// Who vouches for the bridge.
pub(super) fn certificate(identity: Identity) -> &'static str {
    match identity {
        Identity::Signify => "Signify",
        Identity::Pinned(_) => "its own",
    }
}

/// How a bridge was found.
pub(super) fn way(way: Way) -> &'static str {
    match way {
        Way::Mdns => "mDNS",
        Way::Cloud => "Signify's list",
        Way::ByHand => "address",
    }
}

/// A line of the result. That nobody reads on (`| head`) is no failure.
pub(super) fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A table with a head, in columns as wide as they must be.
pub(super) fn print_table(head: &[&str], rows: &[Vec<String>]) {
    let head: Vec<String> = head.iter().map(|&title| title.to_owned()).collect();
    let width = |column: usize| {
        let cells = std::iter::once(&head).chain(rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:width$}", width = width(column)));
        print(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// Whether somebody watches stderr.
pub(super) fn somebody_watches() -> bool {
    std::io::stderr().is_terminal()
}

/// Says what failed; exit code 1.
pub(super) fn failed(command: &str, error: impl std::fmt::Display) -> ExitCode {
    eprintln!("lamplighter {command}: {error}");
    ExitCode::FAILURE
}

/// Says what is wrong with the usage or the configuration; exit code 2.
pub(super) fn wrong(command: &str, error: impl std::fmt::Display) -> ExitCode {
    eprintln!("lamplighter {command}: {error}");
    ExitCode::from(WRONG)
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_name_from_the_network_cannot_command_the_terminal() {
        assert_eq!(harmless("Home\u{1b}[2J\r\n"), "Home\u{fffd}[2J\u{fffd}\u{fffd}");
        assert_eq!(harmless(&"x".repeat(1000)).len(), 64);
        assert_eq!(harmless(" "), "(no name)");
    }
}
