//! The text that several commands print: lines, tables, amounts, bridges, errors.

use std::{
    io::{IsTerminal as _, Write},
    iter,
    process::ExitCode,
};

use hue_bridge::{Identity, PublicConfig, discover::DiscoveryMethod};

/// Prints a line of the result to stdout. A reader that has gone (`| head`) is neither a failure nor a panic.
macro_rules! out {
    ($($text:tt)*) => { $crate::cli::text::write_line(std::io::stdout(), format_args!($($text)*)) };
}

/// Prints a line beside the result to stderr. A reader that has gone is no failure either.
macro_rules! note {
    ($($text:tt)*) => { $crate::cli::text::write_line(std::io::stderr(), format_args!($($text)*)) };
}

/// The exit code that tells of wrong usage or configuration.
const MISUSE_EXIT_CODE: u8 = 2;

/// Makes a device's description of itself safe for a terminal: any device on the network can claim anything.
pub(super) fn sanitize(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(64).collect();
    if shown.trim().is_empty() { "(no name)".to_owned() } else { shown }
}

/// Makes a plugin's text safe for a terminal: characters that move the cursor, change the reading order or are invisible
/// are written as escapes. An operator approves what the screen shows.
pub(super) fn escape_deceptive(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) { escaped.extend(c.escape_unicode()) } else { escaped.push(c) }
    }
    escaped
}

fn is_deceptive(c: char) -> bool {
    // The zero-width joiner, 200d, is part of many emoji.
    let has_no_width = matches!(c, '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{2065}' | '\u{feff}');
    let turns_the_order = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    // Models read these letters, and people do not see them.
    let is_tag = matches!(c, '\u{e0000}'..='\u{e007f}');
    has_no_width || turns_the_order || is_tag || (c.is_control() && c != '\n' && c != '\t')
}

/// Describes a bridge, for example as `BSB002, software 1978293000, id 001788fffe123456`.
pub(super) fn describe(config: &PublicConfig) -> String {
    format!("{}, software {}, id {}", sanitize(&config.model), sanitize(&config.software), config.id)
}

/// Names the issuer of a bridge's certificate.
pub(super) fn certificate_issuer(identity: Identity) -> &'static str {
    match identity {
        Identity::Signify => "Signify",
        Identity::Pinned(_) => "its own",
    }
}

/// Names the way in which a bridge was found.
pub(super) fn discovery_source(method: DiscoveryMethod) -> &'static str {
    match method {
        DiscoveryMethod::Mdns => "mDNS",
        DiscoveryMethod::Cloud => "Signify's list",
        DiscoveryMethod::Manual => "address",
    }
}

/// Writes a line, and ignores errors; for [`out!`] and [`note!`].
pub(in crate::cli) fn write_line(mut to: impl Write, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(to, "{line}");
}

/// Prints a table to stdout, in columns as wide as their widest cell.
pub(super) fn print_table(head: &[&str], rows: &[Vec<String>]) {
    out!("{}", format_table(head, rows));
}

/// Formats a table, in columns as wide as their widest cell.
pub(super) fn format_table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|&title| title.to_owned()).collect();
    let width = |column: usize| {
        let cells = iter::once(&head).chain(rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let lines = iter::once(&head).chain(rows).map(|row| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:width$}", width = width(column)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Formats a size, for example as `68 kB`.
pub(super) fn format_size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..10_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// Formats a time in milliseconds, for example as `1.2 s`.
pub(super) fn format_ms(ms: u64) -> String {
    match ms {
        0 => "below 1 ms".to_owned(),
        1..1_000 => format!("{ms} ms"),
        _ => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    }
}

/// Formats a number of things, as `1 error` or `2 errors`.
pub(super) fn format_count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Cuts a line to at most `max` characters.
pub(super) fn truncate(line: &str, max: usize) -> String {
    if line.chars().count() <= max {
        return line.to_owned();
    }
    line.chars().take(max - 1).chain(['…']).collect()
}

/// Returns whether stderr is a terminal.
pub(super) fn is_interactive() -> bool {
    std::io::stderr().is_terminal()
}

/// Reports a failure; exit code 1.
pub(super) fn report_failure(command: &str, error: impl std::fmt::Display) -> ExitCode {
    note!("lamplighter {command}: {error}");
    ExitCode::FAILURE
}

/// Reports wrong usage or configuration; exit code 2.
pub(super) fn report_misuse(command: &str, error: impl std::fmt::Display) -> ExitCode {
    note!("lamplighter {command}: {error}");
    ExitCode::from(MISUSE_EXIT_CODE)
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
        let text = "good\u{1b}[2K\r\u{9b}1A \u{202e}live\u{2069}\u{e0041}\n\tnext 👨\u{200d}👩";
        let shown = escape_deceptive(text);
        assert_eq!(shown, "good\\u{1b}[2K\\u{d}\\u{9b}1A \\u{202e}live\\u{2069}\\u{e0041}\n\tnext 👨\u{200d}👩");
    }
}
