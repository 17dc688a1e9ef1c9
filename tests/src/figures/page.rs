//! The generated part of a page that people write.

use anyhow::{Context, Result, ensure};

/// The line before the generated part of a page.
const BEGIN_MARKER: &str = "<!-- begin of what `cargo xtask bench --record` writes -->\n";
/// The line after it.
const END_MARKER: &str = "<!-- end of what `cargo xtask bench --record` writes -->\n";

/// Returns the page with this text between its two markers; the rest stays as it is.
pub fn replace_section(page: &str, section: &str) -> Result<String> {
    let (before, rest) =
        page.split_once(BEGIN_MARKER).with_context(|| format!("the page lacks the line {BEGIN_MARKER}"))?;
    let (_, after) = rest.split_once(END_MARKER).with_context(|| format!("the page lacks the line {END_MARKER}"))?;
    ensure!(!section.contains(END_MARKER), "the text holds the end marker itself");
    Ok(format!("{before}{BEGIN_MARKER}\n{}\n\n{END_MARKER}{after}", section.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes_and_a_second_time_changes_nothing() {
        let page = format!("# Title\n{BEGIN_MARKER}old\n{END_MARKER}the end\n");
        let replaced = replace_section(&page, "new").unwrap();
        assert_eq!(replaced, format!("# Title\n{BEGIN_MARKER}\nnew\n\n{END_MARKER}the end\n"));
        assert_eq!(replace_section(&replaced, "new").unwrap(), replaced);
    }

    #[test]
    fn a_page_without_markers_is_refused() {
        assert!(replace_section("# Title", "new").is_err());
        assert!(replace_section(BEGIN_MARKER, "new").is_err());
    }
}
