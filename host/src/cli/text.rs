//! What several commands say alike.

use std::{
    io::{IsTerminal as _, Write},
    process::ExitCode,
};

use hue_bridge::{Identity, PublicConfig, discover::DiscoveryMethod};

/// A line of the result, on stdout. That nobody reads on (`| head`) is no failure, and no reason to panic.
macro_rules! out {
    ($($text:tt)*) => { $crate::cli::text::write_line(std::io::stdout(), format_args!($($text)*)) };
}

/// A line beside the result, on stderr. That nobody reads it is no failure either.
macro_rules! note {
    ($($text:tt)*) => { $crate::cli::text::write_line(std::io::stderr(), format_args!($($text)*)) };
}

/// Exit code of wrong usage or configuration.
const WRONG: u8 = 2;

/// What a device said of itself, made harmless for a terminal: whoever is on the network can say anything.
pub(super) fn sanitize(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(64).collect();
    if shown.trim().is_empty() { "(no name)".to_owned() } else { shown }
}

/// What a plugin says, as it may stand on a terminal: what would move the cursor, turn the order of what is read or not be
/// seen at all is written out. An operator approves by what is on the screen.
pub(super) fn escape_deceptive(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) { escaped.extend(c.escape_unicode()) } else { escaped.push(c) }
    }
    escaped
}

fn is_deceptive(c: char) -> bool {
    // The joiner of zero width, 200d, is part of many emoji.
    let has_no_width = matches!(c, '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{2065}' | '\u{feff}');
    let turns_the_order = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    // Letters that models read and nobody sees.
    let is_tag = matches!(c, '\u{e0000}'..='\u{e007f}');
    has_no_width || turns_the_order || is_tag || (c.is_control() && c != '\n' && c != '\t')
}

/// `BSB002, software 1978293000, id 001788fffe123456`
pub(super) fn describe(config: &PublicConfig) -> String {
    format!("{}, software {}, id {}", sanitize(&config.model), sanitize(&config.software), config.id)
}

/// Who vouches for the bridge.
pub(super) fn certificate_issuer(identity: Identity) -> &'static str {
    match identity {
        Identity::Signify => "Signify",
        Identity::Pinned(_) => "its own",
    }
}

/// How a bridge was found.
pub(super) fn discovery_source(method: DiscoveryMethod) -> &'static str {
    match method {
        DiscoveryMethod::Mdns => "mDNS",
        DiscoveryMethod::Cloud => "Signify's list",
        DiscoveryMethod::Manual => "address",
    }
}

/// What [`out!`] and [`note!`] do.
pub(in crate::cli) fn write_line(mut to: impl Write, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(to, "{line}");
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
        out!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// Whether somebody watches stderr.
pub(super) fn is_interactive() -> bool {
    std::io::stderr().is_terminal()
}

/// Says what failed; exit code 1.
pub(super) fn report_failure(command: &str, error: impl std::fmt::Display) -> ExitCode {
    note!("lamplighter {command}: {error}");
    ExitCode::FAILURE
}

/// Says what is wrong with the usage or the configuration; exit code 2.
pub(super) fn report_misuse(command: &str, error: impl std::fmt::Display) -> ExitCode {
    note!("lamplighter {command}: {error}");
    ExitCode::from(WRONG)
}

#[cfg(test)]
mod tests {
    use super::{escape_deceptive, sanitize};

    #[test]
    fn a_name_from_the_network_cannot_command_the_terminal() {
        assert_eq!(sanitize("Home\u{1b}[2J\r\n"), "Home\u{fffd}[2J\u{fffd}\u{fffd}");
        assert_eq!(sanitize(&"x".repeat(1000)).len(), 64);
        assert_eq!(sanitize(" "), "(no name)");
    }

    #[test]
    fn what_a_plugin_says_cannot_deceive_who_reads_it() {
        let said = "good\u{1b}[2K\r\u{9b}1A \u{202e}live\u{2069}\u{e0041}\n\tnext 👨\u{200d}👩";
        let shown = escape_deceptive(said);
        assert_eq!(shown, "good\\u{1b}[2K\\u{d}\\u{9b}1A \\u{202e}live\\u{2069}\\u{e0041}\n\tnext 👨\u{200d}👩");
    }
}
