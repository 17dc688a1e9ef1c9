//! The configuration to paste into an MCP client, with the real paths.

use std::io::Result;
use std::path::Path;

use serde_json::json;

use super::page::TourPage;

/// Prints a snippet for each client.
pub(super) fn print(page: &mut TourPage, binary: &Path, plugins: &Path) -> Result<()> {
    let (binary, plugins) = (binary.display().to_string(), plugins.display().to_string());
    page.stop("Use it with your own assistant")?;
    page.say("These start Lamplighter with a simulated home. For your own, pair once with your bridge, and leave")?;
    page.say("out --demo:")?;
    page.verbatim(&format!("{} pair", quoted(&binary)))?;
    let server = json!({"command": binary, "args": ["serve", "--demo", "--plugins", plugins]});
    page.title("Claude Desktop (claude_desktop_config.json) and Cursor (.cursor/mcp.json)")?;
    page.verbatim(&format!("{:#}", json!({"mcpServers": {"lamplighter": server}})))?;
    page.title("Claude Code")?;
    let words = [&binary, "serve", "--demo", "--plugins", &plugins].map(quoted).join(" ");
    page.verbatim(&format!("claude mcp add lamplighter -- {words}"))?;
    page.title("VS Code (.vscode/mcp.json)")?;
    let server = json!({"type": "stdio", "command": binary, "args": server["args"]});
    page.verbatim(&format!("{:#}", json!({"servers": {"lamplighter": server}})))
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_with_spaces_is_one_word() {
        assert_eq!(quoted("/opt/lamp"), "/opt/lamp");
        assert_eq!(quoted("/my lamps/it's"), r"'/my lamps/it'\''s'");
    }
}
