//! The table of demands: each rule with the client families that have it, and where that is known from.
//!
//! `docs/clients.md` holds the same table, and a test compares the two.

/// Limits the characters of the name under which a client hands a tool to a model.
const MAX_MODEL_NAME_CHARS: usize = 64;

/// The server's name and what clients put around it, as Claude Code does: `mcp__lamplighter__`.
const NAME_PREFIX: &str = "mcp__lamplighter__";

/// Limits the characters of a tool's name: with the prefix it has 64 in Claude Code, and fewer than 60 in Cursor.
pub(super) const MAX_TOOL_NAME_CHARS: usize = MAX_MODEL_NAME_CHARS - NAME_PREFIX.len();

/// Limits the tools of one request, those of other servers included.
pub(super) const MAX_TOOLS: usize = 128;

/// A model interface with the clients that hand tools to it, or a client with demands of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Claude,
    OpenAi,
    Gemini,
    Copilot,
    Cursor,
    Sdks,
}

/// A demand of at least one client family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    RootCombinator,
    PropertiesMissing,
    ArgumentName,
    TypeList,
    ItemsMissing,
    TypeMissing,
    EnumNotText,
    ConstantWithoutType,
    ToolNameStart,
    ToolNameLength,
    ToolCount,
    ResultRoot,
}

/// A row of the table: a rule, what breaks it, what that costs, and the sources.
pub(super) struct Demand {
    pub(super) rule: Rule,
    /// Describes what breaks it, to follow the path of a finding.
    pub(super) problem: &'static str,
    /// Tells an author what to do.
    pub(super) remedy: &'static str,
    /// Tells how a family treats a tool that breaks it.
    pub(super) cost: Cost,
    /// Lists the families that have the rule, each with a source.
    pub(super) sources: &'static [(Family, &'static str)],
}

/// The treatment of a tool that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cost {
    /// It refuses a whole request, or skips the tool.
    Refusal,
    /// It leaves out this tool, or it depends on names that the user chooses.
    ToolLeftOut,
    /// The host mends it for every client.
    MendedByHost,
}

impl Family {
    /// Returns the family's name in messages and documents.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude",
            Self::OpenAi => "OpenAI and Codex",
            Self::Gemini => "Gemini",
            Self::Copilot => "VS Code and Copilot",
            Self::Cursor => "Cursor",
            Self::Sdks => "MCP SDKs",
        }
    }
}

impl Rule {
    /// Returns the row of the table that describes this rule.
    pub(super) fn demand(self) -> &'static Demand {
        let found = DEMANDS.iter().find(|demand| demand.rule == self);
        found.expect("a test checks that each rule has a row")
    }
}

impl Demand {
    /// Names the families that have the rule, as in `Claude, Gemini`.
    pub(super) fn families(&self) -> String {
        self.sources.iter().map(|(family, _)| family.name()).collect::<Vec<_>>().join(", ")
    }
}

/// Every rule, in the order of the documentation.
pub(super) const DEMANDS: &[Demand] = &[
    Demand {
        rule: Rule::RootCombinator,
        problem: "the arguments have `oneOf`, `anyOf`, `allOf`, `enum` or `not` at the root",
        remedy: "list every argument in `properties`, and check combinations in the tool",
        cost: Cost::Refusal,
        sources: &[
            (Family::Claude, "https://github.com/anthropics/claude-code/issues/40075"),
            (Family::OpenAi, "https://github.com/langchain-ai/langchainjs/issues/9804"),
        ],
    },
    Demand {
        rule: Rule::PropertiesMissing,
        problem: "the schema of the arguments has no `properties`",
        remedy: "write `\"properties\": {}` if there are none",
        cost: Cost::Refusal,
        sources: &[(Family::OpenAi, "https://github.com/bnb-chain/bnbchain-mcp/issues/68")],
    },
    Demand {
        rule: Rule::ArgumentName,
        problem: "the argument's name is not 1 to 64 of A-Z, a-z, 0-9, `_`, `.` and `-`",
        remedy: "rename the argument",
        cost: Cost::Refusal,
        sources: &[(Family::Claude, "https://github.com/ComposioHQ/composio/issues/3500")],
    },
    Demand {
        rule: Rule::TypeList,
        problem: "`type` is a list",
        remedy: "give one type; an argument is optional by not being in `required`",
        cost: Cost::Refusal,
        sources: &[
            (Family::Gemini, "https://github.com/t8y2/dbx/issues/6233"),
            (Family::Copilot, "https://github.com/github/copilot-cli/issues/4623"),
        ],
    },
    Demand {
        rule: Rule::ItemsMissing,
        problem: "an array has no `items`",
        remedy: "describe the elements in `items`",
        cost: Cost::Refusal,
        sources: &[
            (Family::OpenAi, "https://github.com/apify/apify-mcp-server/issues/36"),
            (Family::Gemini, "https://github.com/anomalyco/opencode/issues/5832"),
            (Family::Copilot, "https://github.com/microsoft/vscode/issues/284536"),
        ],
    },
    Demand {
        rule: Rule::TypeMissing,
        problem: "it has no type",
        remedy: "give a type",
        cost: Cost::Refusal,
        sources: &[
            (Family::OpenAi, "https://github.com/apexive/odoo-llm/issues/212"),
            (Family::Gemini, "https://github.com/danny-avila/LibreChat/issues/6971"),
            (Family::Copilot, "https://github.com/github/copilot-cli/issues/4623"),
        ],
    },
    Demand {
        rule: Rule::EnumNotText,
        problem: "`enum` has a value that is no text",
        remedy: "list texts, or give a minimum and a maximum",
        cost: Cost::Refusal,
        sources: &[(Family::Gemini, "https://github.com/BrokkAi/bifrost/issues/25")],
    },
    Demand {
        rule: Rule::ConstantWithoutType,
        problem: "`const` stands without a type",
        remedy: "write `\"type\": \"string\"` with an `enum` of all constants",
        cost: Cost::Refusal,
        sources: &[(Family::Gemini, "https://github.com/anomalyco/opencode/issues/12908")],
    },
    Demand {
        rule: Rule::ToolNameStart,
        problem: "the name does not begin with a letter or `_`",
        remedy: "rename the tool",
        cost: Cost::Refusal,
        sources: &[(Family::Gemini, "https://github.com/wonderwhy-er/DesktopCommanderMCP/issues/79")],
    },
    Demand {
        rule: Rule::ToolNameLength,
        problem: "the name has more than 46 characters, and clients put the server's name before it",
        remedy: "shorten the name",
        cost: Cost::ToolLeftOut,
        sources: &[
            (Family::Claude, "https://github.com/anthropics/claude-code/issues/20643"),
            (Family::Cursor, "https://github.com/ComposioHQ/composio/issues/2788"),
        ],
    },
    Demand {
        rule: Rule::ToolCount,
        problem: "the plugin has more than 128 tools",
        remedy: "split the plugin, or let one tool do more",
        cost: Cost::ToolLeftOut,
        sources: &[(Family::Copilot, "https://github.com/microsoft/vscode/issues/337428")],
    },
    Demand {
        rule: Rule::ResultRoot,
        problem: "the root of the result's schema is not `\"type\": \"object\"`",
        remedy: "answer an object, such as `{\"result\": …}`",
        cost: Cost::MendedByHost,
        sources: &[
            (Family::Sdks, "https://github.com/modelcontextprotocol/typescript-sdk/pull/1169"),
            (Family::Claude, "https://github.com/Wynelson94/longhand/issues/10"),
            (Family::Cursor, "https://github.com/Anil-matcha/awesome-gpt-6-astra/issues/11"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fmt::Write as _, path::Path};

    use super::*;

    const FAMILIES: [Family; 6] =
        [Family::Claude, Family::OpenAi, Family::Gemini, Family::Copilot, Family::Cursor, Family::Sdks];

    /// Writes the table of `docs/clients.md`: a section of demands for each family.
    fn table() -> String {
        let mut text = "| client family | refuses or drops a tool if | source |\n|---|---|---|\n".to_owned();
        for family in FAMILIES {
            for demand in DEMANDS {
                for (_, source) in demand.sources.iter().filter(|(of, _)| *of == family) {
                    let short = source.trim_start_matches("https://github.com/");
                    writeln!(text, "| {} | {} | [{short}]({source}) |", family.name(), demand.problem).unwrap();
                }
            }
        }
        text
    }

    #[test]
    fn the_documentation_has_the_table_of_demands() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/clients.md");
        let document = std::fs::read_to_string(&path).unwrap();
        assert!(document.contains(&table()), "docs/clients.md must contain:\n{}", table());
    }

    #[test]
    fn each_rule_has_one_row_and_each_family_a_source() {
        let rules: HashSet<_> = DEMANDS.iter().map(|demand| demand.rule).collect();
        assert_eq!(rules.len(), DEMANDS.len());
        assert!(DEMANDS.iter().all(|demand| !demand.sources.is_empty()));
        let sources: Vec<_> = DEMANDS.iter().flat_map(|demand| demand.sources).collect();
        assert!(FAMILIES.iter().all(|family| sources.iter().any(|(of, _)| of == family)));
    }

    #[test]
    fn the_limits_are_those_that_the_table_names() {
        assert!(Rule::ToolNameLength.demand().problem.contains(&MAX_TOOL_NAME_CHARS.to_string()));
        assert!(Rule::ToolCount.demand().problem.contains(&MAX_TOOLS.to_string()));
    }
}
