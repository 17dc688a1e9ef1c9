//! What the configuration promises to the people who write it.

use std::{ffi::OsString, path::Path, time::Duration};

use hue_bridge::Identity;

use super::{Config, DefaultPaths, Environment, Flags, Interface, Loaded, LogFormat};

const TEST_KEY: &str = "s3cr3t-application-key";

const HOME_ID: &str = "001788fffe000001";
const OFFICE_ID: &str = "ecb5fafffe000002";

/// A user's folder with a configuration file in it.
struct Home {
    folder: tempfile::TempDir,
    environment: Environment,
    flags: Flags,
}

impl Home {
    fn with(file: &str) -> Self {
        let home = Self::empty();
        std::fs::write(home.path().join("config.toml"), file).expect("a file in a fresh folder");
        home
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a fresh folder");
        Self { folder, environment: Environment::new(), flags: Flags::default() }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), OsString::from(value));
        self
    }

    /// With two stored bridges: Home, the default, and Office.
    fn with_stored_bridges(self) -> Self {
        let entry =
            |id, name| format!("[bridges.{id}]\nname = \"{name}\"\nhost = \"{name}.local\"\nkey = \"{TEST_KEY}\"\n");
        let file = format!("default = \"{HOME_ID}\"\n{}{}", entry(HOME_ID, "Home"), entry(OFFICE_ID, "Office"));
        std::fs::write(self.path().join("bridges.toml"), file).expect("a file in a fresh folder");
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration, or the error with the folder's name taken out.
    fn load(&self) -> Result<Loaded, String> {
        let defaults = DefaultPaths {
            config_file: Some(self.path().join("config.toml")),
            bridges_file: Some(self.path().join("bridges.toml")),
            plugins_dir: Some("default-plugins".into()),
            state_dir: Some("default-state".into()),
            home: Some("user".into()),
        };
        let folder = format!("{}{}", self.path().display(), std::path::MAIN_SEPARATOR);
        Config::load(&self.flags, &self.environment, &defaults).map_err(|error| error.to_string().replace(&folder, ""))
    }

    fn config(&self) -> Config {
        self.load().expect("a good configuration").config
    }

    fn error(&self) -> String {
        self.load().expect_err("a bad configuration")
    }
}

#[test]
fn without_a_file_the_defaults_hold() {
    let config = Home::empty().config();
    assert_eq!(config.bridge, None);
    assert_eq!(config.plugins_dir, Path::new("default-plugins"));
    assert_eq!((config.log.level.as_str(), config.log.format), ("info", LogFormat::Human));
    let plugin = config.plugin("party");
    assert_eq!((plugin.limits.memory_bytes, plugin.limits.wall), (64 << 20, Duration::from_mins(10)));
    assert_eq!((plugin.limits.output_bytes, plugin.limits.concurrent_calls), (1 << 20, 16));
    assert!(plugin.settings.is_empty());
}

#[test]
fn the_example_of_the_module_is_understood() {
    let example: String = include_str!("../config.rs")
        .lines()
        .skip_while(|line| *line != "//! ```toml")
        .skip(1)
        .take_while(|line| *line != "//! ```")
        .map(|line| line.trim_start_matches("//!").trim_start().to_owned() + "\n")
        .collect();
    let whole = example.replace("key = \"…\"", "key = \"k\"").replace("AB:CD:…", &"AB:".repeat(32));
    let config = Home::with(&whole).config();
    let party = config.plugin("party");
    assert!(party.grants.allows(Interface::Scenes) && !party.grants.allows(Interface::Status));
    assert_eq!(party.settings.get("default_brightness"), Some(&60.into()));
    let pinned = Identity::Pinned([0xab; 32].into());
    assert_eq!(config.bridge.map(|bridge| bridge.identity), Some(pinned));
}

#[test]
fn flags_go_over_the_environment_and_the_environment_over_the_file() {
    let mut home = Home::with("[log]\nlevel = \"error\"\nformat = \"json\"");
    assert_eq!(home.config().log.level, "error");
    home = home.variable("LAMPLIGHTER_LOG", "warn");
    assert_eq!(home.config().log.level, "warn");
    home.flags.log = Some("debug".into());
    let log = home.config().log;
    assert_eq!((log.level.as_str(), log.format), ("debug", LogFormat::Json));
}

#[test]
fn a_bridge_may_come_from_several_layers() {
    let home = Home::with("[bridge]\nhost = \"bridge.local\"\nid = \"ECB5FAFFFE123456\"");
    let bridge = home.variable("LAMPLIGHTER_BRIDGE_KEY", TEST_KEY).config().bridge.expect("a whole bridge");
    assert_eq!((bridge.host.as_str(), bridge.id.as_str()), ("bridge.local", "ecb5fafffe123456"));
    assert_eq!(bridge.key.reveal(), TEST_KEY);
}

/// The id and the host of the bridge that is meant.
fn selected(home: &Home) -> (String, String) {
    let bridge = home.config().bridge.expect("a bridge");
    (bridge.id, bridge.host)
}

#[test]
fn the_stored_default_is_meant_when_nobody_says_which() {
    let home = Home::empty().with_stored_bridges();
    assert_eq!(selected(&home), (HOME_ID.to_owned(), "Home.local".to_owned()));
    let bridge = home.config().bridge.expect("a bridge");
    assert!(bridge.stored && bridge.key.reveal() == TEST_KEY);
}

#[test]
fn each_layer_can_choose_a_stored_bridge_and_the_higher_one_wins() {
    let office = (OFFICE_ID.to_owned(), "Office.local".to_owned());
    let by_name = Home::with("[bridge]\nname = \"office\"").with_stored_bridges();
    assert_eq!(selected(&by_name), office);
    let by_id = Home::with(&format!("[bridge]\nid = \"{OFFICE_ID}\"")).with_stored_bridges();
    assert_eq!(selected(&by_id), office);
    let mut by_variable = by_name.variable("LAMPLIGHTER_BRIDGE", "Home");
    assert_eq!(selected(&by_variable).0, HOME_ID);
    by_variable.flags.bridge = Some(OFFICE_ID.to_uppercase());
    assert_eq!(selected(&by_variable), office);
}

#[test]
fn a_bridge_described_in_a_higher_layer_is_not_mixed_with_one_named_below() {
    let whole = Home::with("[bridge]\nname = \"Office\"").with_stored_bridges();
    let whole = whole.variable("LAMPLIGHTER_BRIDGE_HOST", "10.0.0.9").variable("LAMPLIGHTER_BRIDGE_KEY", "k");
    let whole = whole.variable("LAMPLIGHTER_BRIDGE_ID", "c42996fffe000003");
    assert_eq!(selected(&whole), ("c42996fffe000003".to_owned(), "10.0.0.9".to_owned()));
    assert!(!whole.config().bridge.expect("a bridge").stored);
}

#[test]
fn parts_of_a_stored_bridge_can_be_written_anew() {
    let home = Home::with("[bridge]\nname = \"Office\"\nhost = \"10.0.0.9\"").with_stored_bridges();
    assert_eq!(selected(&home), (OFFICE_ID.to_owned(), "10.0.0.9".to_owned()));
    assert!(home.config().bridge.expect("a bridge").stored);
}

#[test]
fn a_stored_bridge_is_looked_for_elsewhere_and_one_that_is_described_is_not_unless_it_says_so() {
    let rediscover = |home: &Home| home.config().bridge.expect("a bridge").rediscover;
    assert!(rediscover(&Home::empty().with_stored_bridges()));
    assert!(!rediscover(&Home::with("[bridge]\nrediscover = false").with_stored_bridges()));
    let described = format!("host = \"b\"\nid = \"c42996fffe000003\"\nkey = \"{TEST_KEY}\"\n");
    assert!(!rediscover(&Home::with(&format!("[bridge]\n{described}"))));
    assert!(rediscover(&Home::with(&format!("[bridge]\n{described}rediscover = true"))));
}

#[test]
fn a_choice_that_makes_no_sense_is_answered_with_what_there_is() {
    let mut home = Home::empty().with_stored_bridges();
    home.flags.bridge = Some("kitchen".into());
    let listing = "there are `Home (001788fffe000001)` and `Office (ecb5fafffe000002)`";
    assert_eq!(home.error(), format!("--bridge names no stored bridge: {listing}"));
    let empty = Home::empty().variable("LAMPLIGHTER_BRIDGE", "Home");
    let error = empty.error();
    assert_eq!(error, "LAMPLIGHTER_BRIDGE names no stored bridge: there is none yet; `lamplighter pair` stores one");
    let both = Home::with(&format!("[bridge]\nname = \"Home\"\nid = \"{OFFICE_ID}\"")).with_stored_bridges();
    assert_eq!(
        both.error(),
        "config.toml:3: bridge.id is not that of the selected bridge Home, which is 001788fffe000001; keep one of the two"
    );
}

#[test]
fn several_stored_bridges_without_a_default_are_not_guessed_among() {
    let home = Home::empty().with_stored_bridges();
    let file = home.path().join("bridges.toml");
    let text = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, text.replace(&format!("default = \"{HOME_ID}\"\n"), "")).expect("the file");
    let error = home.error();
    assert!(error.starts_with("bridges.toml:1: default is not set: there are `Home"), "{error}");
    assert!(error.ends_with("choose one by `lamplighter bridge default ID`"), "{error}");
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let home = Home::empty().variable("LAMPLIGHTER_BRIDGE_HOST", "").variable("LAMPLIGHTER_LOG", "");
    assert_eq!(home.config().bridge, None);
}

#[test]
fn a_relative_path_in_the_file_begins_at_the_files_folder() {
    let home = Home::with("plugins_dir = \"mine\"");
    assert_eq!(home.config().plugins_dir, home.path().join("mine"));
    let home = home.variable("LAMPLIGHTER_PLUGINS", "~/tools");
    assert_eq!(home.config().plugins_dir, Path::new("user").join("tools"));
}

#[test]
fn the_keys_do_not_lie_below_the_plugins() {
    let error = Home::with("plugins_dir = \".\"").error();
    assert!(error.starts_with("config.toml:1: plugins_dir holds bridges.toml, the file with"), "{error}");
}

#[test]
fn settings_reach_the_plugin_as_json() {
    let home = Home::with("[plugins.a.settings]\nb = [1, 2.5, true, {c = \"d\"}]\nsince = 2026-01-02");
    let settings = serde_json::Value::Object(home.config().plugin("a").settings);
    assert_eq!(settings, serde_json::json!({"b": [1, 2.5, true, {"c": "d"}], "since": "2026-01-02"}));
}

#[test]
fn limits_are_in_the_units_of_their_names() {
    let home = Home::with(
        "[plugins.a]\nmemory_mib = 8\nstack_kib = 128\nwall_seconds = 5\noutput_kib = 2\nlog_lines_per_second = 0",
    );
    let limits = home.config().plugin("a").limits;
    assert_eq!((limits.memory_bytes, limits.stack_bytes), (8 << 20, 128 << 10));
    assert_eq!(limits.wall, Duration::from_secs(5));
    assert_eq!((limits.output_bytes, limits.log_lines_per_second), (2048, 0));
}

#[test]
fn a_bad_file_is_answered_with_the_line_the_reason_and_the_remedy() {
    let table = [
        (
            "colour = 1",
            "config.toml:1: colour is not a setting; there are `bridge`, `log`, `plugins_dir`, `state_dir` and `plugins`",
        ),
        ("\n[bridge]\nhots = \"x\"", "config.toml:3: bridge.hots is not a setting; did you mean `host`?"),
        ("[log]\nlevle = \"info\"", "config.toml:2: log.levle is not a setting; did you mean `level`?"),
        ("[plugin.a]", "config.toml:1: plugin is not a setting; did you mean `plugins`?"),
        ("[plugins.a]\nmemory = 1", "config.toml:2: plugins.a.memory is not a setting; did you mean `memory_mib`?"),
        ("[plugins.a]\nmemory_mib = 0", "config.toml:2: plugins.a.memory_mib must be a whole number from 1 to 4096"),
        (
            "[plugins.a]\nwall_seconds = \"5\"",
            "config.toml:2: plugins.a.wall_seconds must be a whole number from 1 to 86400",
        ),
        ("[plugins.a]\nhue_names = 1", "config.toml:2: plugins.a.hue_names must be true or false"),
        (
            "[plugins.a]\ngrant = [\"scene\"]",
            "config.toml:2: plugins.a.grant is wrong: `scene` is not an interface that can be granted; did you mean \
             `scenes`?",
        ),
        (
            "[plugins.a]\ngrant = \"scenes\"",
            "config.toml:2: plugins.a.grant must be a list of texts, such as [\"scenes\"]",
        ),
        (
            "[plugins.a]\ngrant = [\"home\"]\ndeny = [\"home\"]",
            "config.toml:3: plugins.a.deny and `grant` both name `home`; keep one of the two",
        ),
        (
            "[plugins.Party]",
            "config.toml:1: plugins.Party is not a plugin's name: a name is 1 to 32 lower-case letters, digits and \
             hyphens, and begins with a letter or digit",
        ),
        ("[plugins]\na = 1", "config.toml:2: plugins.a must be a table"),
        (
            "[plugins.a.settings]\nx = inf",
            "config.toml:2: plugins.a.settings.x holds a number that JSON cannot express; plugins read settings as JSON",
        ),
        ("plugins_dir = \"\"", "config.toml:1: plugins_dir is empty; write a path"),
        ("[log]\nformat = \"xml\"", "config.toml:2: log.format must be human or json"),
        (
            "[log]\nlevel = \"wran\"",
            "config.toml:2: log.level is wrong: `wran` is not a level; write off, error, warn, info, debug or trace, \
             or directives such as info,lamplighter=debug",
        ),
    ];
    for (file, message) in table {
        assert_eq!(Home::with(file).error(), message, "{file}");
    }
}

#[test]
fn a_bad_bridge_is_answered_with_what_is_wrong_or_missing() {
    let table = [
        (
            "host = \"b\"\nid = \"ecb5fafffe123456\"",
            "config.toml:2: bridge.host is set, but the bridge also needs `key`, the application key from pairing with \
             it (LAMPLIGHTER_BRIDGE_KEY); write it under [bridge] in config.toml or set the variable, or pair with it \
             by `lamplighter pair`",
        ),
        (
            "host = \"http://b/\"\nid = \"ecb5fafffe123456\"\nkey = \"k\"",
            "config.toml:2: bridge.host is a URL; write the address alone, such as 192.168.1.20",
        ),
        (
            "host = \"a b\"\nid = \"ecb5fafffe123456\"\nkey = \"k\"",
            "config.toml:2: bridge.host must be a host name or an IP address, such as 192.168.1.20",
        ),
        (
            "host = \"b\"\nid = \"123\"\nkey = \"k\"",
            "config.toml:3: bridge.id must be 16 hexadecimal digits, such as ecb5fafffe123456",
        ),
        (
            "host = \"b\"\nid = \"ecb5fafffe123456\"\nkey = \"k\"\ncertificate_sha256 = \"00\"",
            "config.toml:5: bridge.certificate_sha256 must be the SHA-256 of the bridge's certificate: 64 hexadecimal \
             digits",
        ),
    ];
    for (bridge, message) in table {
        assert_eq!(Home::with(&format!("[bridge]\n{bridge}")).error(), message, "{bridge}");
    }
}

#[test]
fn an_unknown_variable_is_answered_with_the_nearest() {
    assert_eq!(
        Home::empty().variable("LAMPLIGHTER_BRIGE_KEY", TEST_KEY).error(),
        "the environment variable LAMPLIGHTER_BRIGE_KEY is not a setting; did you mean `LAMPLIGHTER_BRIDGE_KEY`?"
    );
}

#[test]
fn a_file_that_was_named_must_exist() {
    let mut home = Home::empty();
    home.flags.config = Some(home.path().join("mine.toml"));
    let error = home.error();
    assert!(error.starts_with("--config is wrong: the configuration file mine.toml cannot be read: "), "{error}");
}

#[test]
fn no_error_repeats_the_key() {
    let files = [
        format!("[bridge]\nkey = \"{TEST_KEY}"),
        format!("[bridge]\nkey = {TEST_KEY}"),
        format!("[bridge]\nkey = \"{TEST_KEY}\" x"),
        format!("[bridge]\nkey = '''{TEST_KEY}"),
        format!("[bridge]\nkey = \"\\{TEST_KEY}\""),
        format!("[bridge]\nkey = [\"{TEST_KEY}\"]"),
        format!("[bridge]\nkey = \"{TEST_KEY}\"\nkey = \"{TEST_KEY}\""),
        format!("[bridge]\nkye = \"{TEST_KEY}\""),
        format!("[bridge]\nhost = \"b\"\nid = \"ecb5fafffe123456\"\nkey = \"{TEST_KEY} \""),
        format!("[bridge]\nkey = \"{TEST_KEY}\""),
    ];
    for file in files {
        let error = Home::with(&file).error();
        assert!(!error.contains("s3cr3t") && error.starts_with("config.toml:"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_with_a_key_that_others_can_open_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;

    let bridge = format!("[bridge]\nhost = \"b\"\nid = \"ecb5fafffe123456\"\nkey = \"{TEST_KEY}\"");
    let warnings = |file: &str, mode| {
        let home = Home::with(file);
        let path = home.path().join("config.toml");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("our own file");
        home.load().expect("a good configuration").warnings
    };
    let [warning] = warnings(&bridge, 0o644).try_into().expect("one warning");
    assert!(warning.contains("mode 644") && warning.contains("chmod 600") && !warning.contains(TEST_KEY), "{warning}");
    assert!(warnings(&bridge, 0o600).is_empty());
    assert!(warnings("", 0o644).is_empty(), "without a key there is nothing to hide");
    let stored = Home::empty().with_stored_bridges();
    std::fs::set_permissions(stored.path().join("bridges.toml"), std::fs::Permissions::from_mode(0o640))
        .expect("our own file");
    let [warning] = stored.load().expect("a good configuration").warnings.try_into().expect("one warning");
    assert!(warning.contains("bridges.toml holds") && warning.contains("mode 640"), "{warning}");
}

#[test]
fn a_configuration_can_be_printed_without_its_key() {
    let home =
        Home::with("[bridge]\nhost = \"b\"\nid = \"ecb5fafffe123456\"").variable("LAMPLIGHTER_BRIDGE_KEY", TEST_KEY);
    assert!(!format!("{:?}", home.load()).contains(TEST_KEY));
}
