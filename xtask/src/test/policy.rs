//! Parses `deny.toml`, so that the rules stand in one place for cargo-deny and for this check.

use std::path::Path;

use anyhow::{Context, Result};
use spdx::{Expression, Licensee, ParseMode};
use toml::Table;

/// The rules that a dependency must satisfy.
pub(crate) struct Policy {
    allowed: Vec<Licensee>,
    pub(crate) bans: Vec<Ban>,
}

/// A crate that no package may depend on, except its wrappers.
pub(crate) struct Ban {
    pub(crate) name: String,
    pub(crate) wrappers: Vec<String>,
}

impl Policy {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", file.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let table: Table = text.parse()?;
        let allowed = array(&table, "licenses", "allow")?
            .iter()
            .map(|licence| Ok(Licensee::parse(licence.as_str().context("a licence is a text")?)?))
            .collect::<Result<_>>()?;
        let bans = array(&table, "bans", "deny")?.iter().map(ban).collect::<Result<_>>()?;
        Ok(Self { allowed, bans })
    }

    /// Returns the reason why a package with this licence expression is not allowed, or `None` if it is.
    pub(crate) fn objection(&self, licence: Option<&str>) -> Option<String> {
        let Some(licence) = licence else {
            return Some("names no licence".into());
        };
        // Old packages write `MIT/Apache-2.0`.
        let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else {
            return Some(format!("has a licence that is no SPDX expression: {licence}"));
        };
        let allowed = expression.evaluate(|wanted| self.allowed.iter().any(|licensee| licensee.satisfies(wanted)));
        (!allowed).then(|| format!("has a licence that deny.toml does not allow: {licence}"))
    }
}

fn array<'a>(table: &'a Table, section: &str, field: &str) -> Result<&'a Vec<toml::Value>> {
    let array = table.get(section).and_then(|section| section.get(field)).and_then(toml::Value::as_array);
    array.with_context(|| format!("[{section}] has no list {field}"))
}

fn ban(entry: &toml::Value) -> Result<Ban> {
    let name = entry.get("crate").and_then(toml::Value::as_str).context("a ban names a crate")?;
    let wrappers = entry.get("wrappers").and_then(toml::Value::as_array).into_iter().flatten();
    let wrappers = wrappers.filter_map(toml::Value::as_str).map(str::to_owned).collect();
    Ok(Ban { name: name.to_owned(), wrappers })
}

#[cfg(test)]
mod tests {
    use super::Policy;

    fn policy() -> Policy {
        let text = r#"
            [licenses]
            allow = ["MIT", "Apache-2.0 WITH LLVM-exception"]
            [bans]
            deny = [{ crate = "reqwest", wrappers = ["hue-bridge"] }]
        "#;
        Policy::parse(text).expect("the policy is well formed")
    }

    #[test]
    fn one_of_two_licences_is_enough() {
        assert_eq!(policy().objection(Some("GPL-3.0-only OR MIT")), None);
        assert_eq!(policy().objection(Some("MIT/Apache-2.0")), None);
    }

    #[test]
    fn a_licence_without_its_exception_is_another_licence() {
        assert_eq!(policy().objection(Some("Apache-2.0 WITH LLVM-exception")), None);
        assert!(policy().objection(Some("Apache-2.0")).is_some());
    }

    #[test]
    fn both_licences_of_an_and_must_be_allowed() {
        assert!(policy().objection(Some("MIT AND GPL-3.0-only")).is_some());
        assert!(policy().objection(None).is_some());
    }
}
