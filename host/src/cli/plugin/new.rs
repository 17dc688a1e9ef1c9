//! `plugin new`: writes a project that builds, in the author's language.

#[path = "../../../templates.rs"]
mod templates;

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser as _};

use self::templates::Language;
use crate::{
    cli::text,
    config::{FIRST_PARTY, is_plugin_name},
};

/// The names that a project in Rust cannot have: crates that every crate has, those of the SDK, and keywords.
const RESERVED_IN_RUST: &str = "\
    alloc core proc-macro std test hue-names lamplighter-plugin lamplighter-report schemars serde serde-json wit-bindgen \
    abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if \
    impl in let loop macro match mod move mut override priv pub ref return self static struct super \
    trait true try type typeof unsafe unsized use virtual where while yield";

/// Defines the arguments of `plugin new`.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The plugin's name, such as party-lights: lower-case letters, digits and hyphens, a letter first, 32 at most
    #[arg(value_parser = parse_name)]
    name: String,
    /// The language to write it in
    #[arg(long, value_name = "LANGUAGE", value_parser = language())]
    lang: Language,
    /// Write the project into this folder, which must be empty or not there yet, instead of ./NAME
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// Writes the project and says what to do next. Existing files are not touched.
pub(super) fn run(args: NewArgs) -> anyhow::Result<ExitCode> {
    let NewArgs { name, lang, into } = args;
    if lang == Language::Rust && RESERVED_IN_RUST.split(' ').any(|word| word == name) {
        return Ok(text::report_misuse(
            "plugin new",
            format_args!("`{name}` means something to Rust: choose another name"),
        ));
    }
    let folder = into.unwrap_or_else(|| PathBuf::from(&name));
    ensure_empty(&folder)?;
    let files = templates::project(lang, &name);
    for (path, text) in &files {
        let file = folder.join(path);
        write_new(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    out!("{}", next_steps(&name, &folder, &files));
    Ok(ExitCode::SUCCESS)
}

/// Checks a name: a plugin's file can have it, no first-party plugin has it, and it begins with a letter, as the names of
/// crates and modules do.
fn parse_name(name: &str) -> Result<String, String> {
    if !is_plugin_name(name) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err("a name is 1 to 32 lower-case letters, digits and hyphens, and begins with a letter".to_owned());
    }
    if FIRST_PARTY.contains(&name) {
        return Err(format!("`{name}` comes with Lamplighter, and yours would take its place: choose another name"));
    }
    Ok(name.to_owned())
}

fn language() -> impl clap::builder::TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::name))
        .try_map(|word| Language::ALL.into_iter().find(|language| language.name() == word).ok_or("no such language"))
}

fn ensure_empty(folder: &Path) -> anyhow::Result<()> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => {
            bail!("{} is not empty: nothing was written; name another folder with --into DIR", folder.display())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot write into {}", folder.display())),
    }
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(file)?.write_all(text.as_bytes())
}

/// Returns the next steps: the commands of the project's own README.
fn next_steps(name: &str, folder: &Path, files: &[(String, String)]) -> String {
    let readme = files.iter().find(|(path, _)| path == "README.md").map(|(_, text)| text.as_str()).unwrap_or_default();
    let commands = readme.split("```").nth(1).unwrap_or_default().lines().skip(1);
    let commands = commands.fold(String::new(), |text, command| text + "  " + command + "\n");
    let enter = if folder == Path::new(".") { String::new() } else { format!("  cd {}\n", folder.display()) };
    let tool = name.replace('-', "_");
    format!(
        "{} has a plugin with one tool, {tool}_blink. To get the tools once, to build it, and to serve it:\n\n\
         {enter}{commands}\n\
         While you write, `lamplighter plugin dev {}` builds it again whenever you save, and tries it on a\n\
         simulated home. README.md says more.",
        folder.display(),
        folder.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_can_have_the_name_of_a_plugin_that_begins_with_a_letter() {
        assert_eq!(parse_name("party-lights").as_deref(), Ok("party-lights"));
        for bad in ["", "7up", "-x", "Party", "party_lights", "a.b", "../x", "a/b", &"a".repeat(33)] {
            assert!(parse_name(bad).is_err(), "{bad}");
        }
        assert!(parse_name("lights").is_err_and(|problem| problem.contains("comes with Lamplighter")));
    }

    #[test]
    fn what_comes_next_is_what_the_readme_says() {
        for language in Language::ALL {
            let steps = next_steps("party-lights", Path::new("there"), &templates::project(language, "party-lights"));
            assert_eq!(steps.lines().filter(|line| line.starts_with("  ")).count(), 4, "{steps}");
            assert!(steps.contains("  cd there\n") && steps.contains("/lamplighter/plugins/"), "{steps}");
        }
    }
}
