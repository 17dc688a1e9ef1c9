//! Prints the tour: plain text, with emphasis on a terminal.

use std::fmt::Display;
use std::io::{IsTerminal, Result, Stdout, Write};

/// Prints numbered stops to stdout.
pub(super) struct TourPage {
    out: Stdout,
    emphasis: bool,
    stops: u32,
}

impl TourPage {
    pub(super) fn new() -> Self {
        let out = std::io::stdout();
        let emphasis = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { out, emphasis, stops: 0 }
    }

    /// Prints the title of the next stop.
    pub(super) fn stop(&mut self, title: &str) -> Result<()> {
        self.stops += 1;
        let title = format!("{}. {title}", self.stops);
        self.print(&format_args!("\n{}\n", self.strong(&title)))
    }

    /// Prints a sentence.
    pub(super) fn say(&self, text: impl Display) -> Result<()> {
        self.print(&format_args!("   {text}\n"))
    }

    /// Prints a sentence that a person would say to an assistant.
    pub(super) fn quote(&self, text: &str) -> Result<()> {
        let text = format!("\u{201c}{text}\u{201d}");
        self.print(&format_args!("\n   {}\n", self.strong(&text)))
    }

    /// Prints a title for the lines below.
    pub(super) fn title(&self, text: &str) -> Result<()> {
        self.print(&format_args!("\n   {}:\n\n", self.strong(text)))
    }

    /// Prints a detail below a sentence.
    pub(super) fn detail(&self, text: impl Display) -> Result<()> {
        self.print(&format_args!("     {text}\n"))
    }

    /// Prints lines to be copied.
    pub(super) fn verbatim(&self, text: &str) -> Result<()> {
        self.print(&format_args!("{text}\n"))
    }

    fn strong(&self, text: &str) -> String {
        if self.emphasis { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Prints; returns an error rather than panicking if the reader has gone.
    fn print(&self, text: &dyn Display) -> Result<()> {
        let mut out = self.out.lock();
        write!(out, "{text}")?;
        out.flush()
    }
}
