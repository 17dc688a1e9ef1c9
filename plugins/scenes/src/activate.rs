//! The tool `hue_activate_scene`, which recalls a scene.

use lamplighter_common::{apply_or_plan, transition_ms};
use lamplighter_plugin::control::{Recall, RecallMode};
use lamplighter_plugin::prelude::*;

use crate::reference::{SceneReference, display_name};
use crate::schemas;

/// Names the scene and says how it is recalled.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[serde(flatten)]
    scene: SceneReference,
    /// `active` as the scene itself says, `dynamic_palette` with its colours in motion, `static` without.
    #[serde(default)]
    mode: ActivationMode,
    /// Seconds the change takes.
    #[schemars(range(min = 0.0, max = 6000.0))]
    transition: Option<f64>,
    /// Brightness in percent, instead of the scene's own.
    #[schemars(range(min = 1.0, max = 100.0))]
    brightness_pct: Option<f64>,
    /// Answers what would happen, and sends nothing.
    #[serde(default)]
    dry_run: bool,
}

/// How a scene is recalled.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum ActivationMode {
    #[default]
    Active,
    DynamicPalette,
    Static,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_activate_scene",
        "Activates a stored Philips Hue scene in its room or zone: the quickest way to set many lights at once. If \
         several rooms have a scene of that name, the answer lists them and nothing is changed; say the room. The \
         answer says per light what really happened. With dry_run it only says what would happen.",
        schemas::HUE_ACTIVATE_SCENE,
        activate,
    )
    .title("Activate a scene")
    .not_destructive()
    .idempotent()
}

fn activate(arguments: Arguments) -> Result<Report<Changes>, ToolError> {
    let scene = arguments.scene.find()?;
    let recall = Recall {
        scene: scene.id.clone(),
        mode: arguments.mode.into(),
        transition_ms: arguments.transition.map(transition_ms).transpose()?,
        brightness: arguments.brightness_pct,
    };
    apply_or_plan(&display_name(&scene), &[Command::Recall(recall)], arguments.dry_run)
}

impl From<ActivationMode> for RecallMode {
    fn from(mode: ActivationMode) -> Self {
        match mode {
            ActivationMode::Active => Self::Active,
            ActivationMode::DynamicPalette => Self::DynamicPalette,
            ActivationMode::Static => Self::Static,
        }
    }
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, structured, text};
    use serde_json::json;

    use super::*;
    use crate::ThisPlugin;

    fn home() -> FakeHost {
        FakeHost::new()
            .light(FakeLight::white("Desk lamp").room("Office").brightness(40.0))
            .light(FakeLight::white("Shelf").room("Office").unreachable())
            .light(FakeLight::white("Hall").room("Hallway"))
            .scene("Movie", "Office")
            .scene("Bright", "Office")
            .scene("Bright", "Hallway")
    }

    #[test]
    fn a_scene_is_recalled_as_asked_and_lost_lamps_are_told() {
        let host = home().install();
        let arguments = json!({"scene": "movie", "mode": "dynamic_palette", "transition": 2, "brightness_pct": 30});
        let output = call::<ThisPlugin>("hue_activate_scene", &arguments).expect("it works");
        assert_eq!(structured(&output)["status"], "partial");
        assert!(text(&output).starts_with("Movie (Office): 1 of 2 lights followed."), "{}", text(&output));
        let expected = Recall {
            scene: "scene-office-movie".to_owned(),
            mode: RecallMode::DynamicPalette,
            transition_ms: Some(2000),
            brightness: Some(30.0),
        };
        assert_eq!(host.commands(), [Command::Recall(expected)]);
    }

    #[test]
    fn a_name_in_two_rooms_answers_both_and_a_room_settles_it() {
        let host = home().install();
        let error = call::<ThisPlugin>("hue_activate_scene", &json!({"scene": "Bright"})).expect_err("there are two");
        let ToolError::Ambiguous(ambiguous) = error else { panic!("{error:?}") };
        let expected = "\"Bright\" fits several things: Bright (Office), Bright (Hallway). \
                        Say \"Office/Bright\" or \"Hallway/Bright\".";
        assert_eq!(ambiguous.message, expected);
        assert!(host.commands().is_empty());
        let arguments = json!({"scene": "Bright", "room": "hallway"});
        call::<ThisPlugin>("hue_activate_scene", &arguments).expect("now there is one");
        assert_eq!(host.commands(), [Command::scene("scene-hallway-bright")]);
    }

    #[test]
    fn a_recall_that_was_sent_is_no_failure_if_no_light_is_known_to_belong_to_it() {
        let host = home().empty_room("Attic").scene("Night", "Attic").install();
        let output = call::<ThisPlugin>("hue_activate_scene", &json!({"scene": "Night"})).expect("it is sent");
        assert_eq!((structured(&output)["success"].clone(), output.is_error), (json!(true), false));
        assert_eq!(text(&output), "Night (Attic): the bridge took the recall. Which lights it changes is not known.");
        assert_eq!(host.commands().len(), 1);
        let output = call::<ThisPlugin>("hue_activate_scene", &json!({"scene": "Night", "dry_run": true}));
        let plan = text(&output.expect("it plans"));
        assert!(plan.contains("only the bridge knows which lights would change, with 1 request"), "{plan}");
    }

    #[test]
    fn a_dry_run_recalls_nothing() {
        let host = home().install();
        let arguments = json!({"scene": "Movie", "dry_run": true});
        call::<ThisPlugin>("hue_activate_scene", &arguments).expect("it plans");
        assert!(host.commands().is_empty());
    }
}
