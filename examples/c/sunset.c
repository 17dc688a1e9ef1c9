// Sunset: fades the lights of a room over some minutes to a warm glow, and turns them off.

#include "gen/plugin.h"

#include "json.h"

enum { MAX_MINUTES = 120, MAX_STEPS = 20, GLOW_KELVIN = 2000 };
static const double GLOW_PERCENT = 1.0;

static const char ARGUMENTS[] =
    "{\"type\": \"object\", \"properties\": {"
    " \"room\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 100,"
    "  \"description\": \"Name of a room or zone; `all` for the whole home.\"},"
    " \"minutes\": {\"type\": \"number\", \"exclusiveMinimum\": 0, \"maximum\": 120,"
    "  \"description\": \"How long the sunset takes. Fractions are fine.\"}},"
    " \"required\": [\"room\", \"minutes\"], \"additionalProperties\": false}";

static const char RESULT[] =
    "{\"type\": \"object\", \"properties\": {"
    " \"room\": {\"type\": \"string\", \"description\": \"Name of the room.\"},"
    " \"steps\": {\"type\": \"integer\", \"minimum\": 0, \"description\": \"Number of steps the fade was made of.\"},"
    " \"lights_off\": {\"type\": \"array\", \"items\": {\"type\": \"string\"},"
    "  \"description\": \"Names of the lights that were faded and are off now.\"},"
    " \"not_reached\": {\"type\": \"array\", \"items\": {\"type\": \"string\"},"
    "  \"description\": \"Names of the lights that did not follow.\"}},"
    " \"required\": [\"room\", \"steps\", \"lights_off\", \"not_reached\"], \"additionalProperties\": false}";

typedef exports_tools_tool_output_t output;
typedef exports_tools_tool_error_t tool_error;

// Copies a string to the heap. What is handed to the host must be there: it is freed after the call.
static plugin_string_t owned(const char *words) {
    plugin_string_t copy;
    plugin_string_dup(&copy, words);
    return copy;
}

static plugin_string_t given(text words) { return (plugin_string_t){(uint8_t *)words.at, words.length}; }

static bool same(plugin_string_t a, plugin_string_t b) { return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0; }

void exports_tools_list_tools(exports_tools_list_tool_t *ret) {
    exports_tools_tool_t *tool = (exports_tools_tool_t *)calloc(1, sizeof *tool);
    tool->name = owned("sunset");
    tool->title = (plugin_option_string_t){true, owned("Sunset")};
    tool->description = owned(
        "Fades the lights that are on in a room down to a warm glow and then off, over some minutes. "
        "Answers when the fade is over. If it is cancelled, the lights stay as they are then.");
    tool->input_schema = owned(ARGUMENTS);
    tool->output_schema = (exports_tools_option_json_t){true, owned(RESULT)};
    tool->hints = (exports_tools_hints_t){{true, false}, {true, false}, {true, true}, {true, false}};
    tool->expected_ms = (plugin_option_u64_t){true, (MAX_MINUTES + 1) * 60000};
    *ret = (exports_tools_list_tool_t){tool, 1};
}

// --- Errors: each function fills in `err` and returns false, as the exports do.

static bool fail(tool_error *err, uint8_t tag, text words) {
    err->tag = tag;
    err->val.failed = given(words);
    return false;
}

// Converts the error of a host function into this tool's error.
static bool refused(types_error_t error, tool_error *err) {
    switch (error.tag) {
    case TYPES_ERROR_UNAVAILABLE:
        err->tag = TYPES_TOOL_ERROR_UNAVAILABLE;
        err->val.unavailable = error.val.unavailable;
        return false;
    case TYPES_ERROR_DENIED: err->tag = TYPES_TOOL_ERROR_DENIED; break;
    case TYPES_ERROR_TIMEOUT: err->tag = TYPES_TOOL_ERROR_TIMEOUT; break;
    default: err->tag = TYPES_TOOL_ERROR_FAILED;
    }
    err->val.failed = error.val.other;
    return false;
}

static bool not_found(home_find_error_t error, text name, tool_error *err) {
    text words = {0};
    switch (error.tag) {
    case HOME_FIND_ERROR_NOT_FOUND:
        text_print(&words, "There is no room or zone \"%s\".", name.at);
        err->tag = TYPES_TOOL_ERROR_NOT_FOUND;
        err->val.not_found = (types_no_match_t){given(words), {error.val.not_found.ptr, error.val.not_found.len}};
        return false;
    case HOME_FIND_ERROR_AMBIGUOUS:
        text_print(&words, "\"%s\" may mean several things.", name.at);
        err->tag = TYPES_TOOL_ERROR_AMBIGUOUS;
        err->val.ambiguous = (types_no_match_t){given(words), {error.val.ambiguous.ptr, error.val.ambiguous.len}};
        return false;
    case HOME_FIND_ERROR_UNAVAILABLE:
        err->tag = TYPES_TOOL_ERROR_UNAVAILABLE;
        err->val.unavailable = error.val.unavailable;
        return false;
    default:
        err->tag = error.tag == HOME_FIND_ERROR_DENIED ? TYPES_TOOL_ERROR_DENIED : TYPES_TOOL_ERROR_OTHER;
        err->val.other = error.val.other;
        return false;
    }
}

// --- Reading the home

// Resolves a room or zone by name. The host compares names and offers near misses.
static bool find_group(text name, home_group_t *group, tool_error *err) {
    plugin_string_t query = given(name);
    home_candidate_t found;
    home_find_error_t reason;
    if (!home_find(&query, HOME_KINDS_ROOM | HOME_KINDS_ZONE | HOME_KINDS_HOME, NULL, &found, &reason))
        return not_found(reason, name, err);
    home_list_group_t groups;
    home_error_t error;
    if (!home_groups(&groups, &error)) return refused(error, err);
    for (size_t i = 0; i < groups.len; i++)
        if (same(groups.ptr[i].id, found.id)) *group = groups.ptr[i];
    return true;
}

static bool has(const home_group_t *group, plugin_string_t light) {
    for (size_t i = 0; i < group->lights.len; i++)
        if (same(group->lights.ptr[i], light)) return true;
    return false;
}

// Lists the lights that are in the group and on.
static bool find_lights(const home_group_t *group, home_list_light_t *lights, tool_error *err) {
    home_error_t error;
    if (!home_lights(lights, &error)) return refused(error, err);
    size_t kept = 0;
    for (size_t i = 0; i < lights->len; i++)
        if (lights->ptr[i].state.on && has(group, lights->ptr[i].id)) lights->ptr[kept++] = lights->ptr[i];
    lights->len = kept;
    return true;
}

// --- Changing the home

static control_list_command_t commands_for(home_list_light_t lights) {
    control_list_command_t commands = {(control_command_t *)calloc(lights.len, sizeof *commands.ptr), lights.len};
    for (size_t i = 0; i < lights.len; i++) {
        commands.ptr[i].tag = CONTROL_COMMAND_SET;
        commands.ptr[i].val.set.target.tag = CONTROL_TARGET_LIGHT;
        commands.ptr[i].val.set.target.val.light = lights.ptr[i].id;
    }
    return commands;
}

// Fades each light to a share of its original brightness, within one step.
static bool fade(home_list_light_t lights, double left, uint32_t step_ms, tool_error *err) {
    control_list_command_t commands = commands_for(lights);
    for (size_t i = 0; i < lights.len; i++) {
        plugin_option_f64_t was = lights.ptr[i].state.brightness;
        double level = (was.is_some ? was.val : 100) * left;
        control_change_t *change = &commands.ptr[i].val.set.change;
        change->brightness.is_some = change->color.is_some = true;
        change->brightness.val.tag = CONTROL_BRIGHTNESS_PERCENT;
        change->brightness.val.val.percent = level > GLOW_PERCENT ? level : GLOW_PERCENT;
        change->color.val.tag = CONTROL_COLOR_KELVIN;
        change->color.val.val.kelvin = GLOW_KELVIN;
        change->transition_ms = (plugin_option_u32_t){true, step_ms};
    }
    control_apply_options_t at_once = {.confirm_within_ms = {true, 0}};
    control_list_outcome_t outcomes;
    control_error_t error;
    return control_apply(&commands, &at_once, &outcomes, &error) || refused(error, err);
}

static bool turn_off(home_list_light_t lights, control_list_outcome_t *outcomes, tool_error *err) {
    control_list_command_t commands = commands_for(lights);
    for (size_t i = 0; i < lights.len; i++)
        commands.ptr[i].val.set.change.power = (control_option_power_t){true, CONTROL_POWER_OFF};
    control_apply_options_t usual = {0};
    control_error_t error;
    return control_apply(&commands, &usual, outcomes, &error) || refused(error, err);
}

static bool answer(text message, const home_group_t *group, int steps, control_list_outcome_t outcomes, output *ret) {
    enum { OFF, LOST };
    text names[2] = {{0}, {0}}, result = {0};
    for (size_t i = 0; i < outcomes.len; i++) {
        const control_outcome_t *outcome = &outcomes.ptr[i];
        text *list = &names[outcome->delivery.tag <= CONTROL_DELIVERY_UNCHANGED ? OFF : LOST];
        if (list->length > 0) text_print(list, ", ");
        json_add_string(list, outcome->name.ptr, outcome->name.len);
    }
    if (names[LOST].length > 0) text_print(&message, " Not reached: %s.", names[LOST].at);

    text_print(&result, "{\"room\": ");
    json_add_string(&result, group->name.ptr, group->name.len);
    text_print(&result, ", \"steps\": %d, \"lights_off\": [%s], \"not_reached\": [%s]}", steps,
               names[OFF].length > 0 ? names[OFF].at : "", names[LOST].length > 0 ? names[LOST].at : "");

    content_content_block_t *block = (content_content_block_t *)calloc(1, sizeof *block);
    block->tag = CONTENT_CONTENT_BLOCK_TEXT;
    block->val.text = given(message);
    ret->content = (exports_tools_list_content_block_t){block, 1};
    ret->structured = (exports_tools_option_json_t){true, given(result)};
    ret->is_error = names[LOST].length > 0 && names[OFF].length == 0;
    ret->meta.is_some = false;
    return true;
}

// --- The tool

// Fades the lights step by step until they glow.
static bool fade_in_steps(const char *room, home_list_light_t lights, uint64_t total_ms, int steps, tool_error *err) {
    uint64_t step_ms = total_ms / (uint64_t)steps;
    double total = steps;
    for (int step = 1; step <= steps; step++) {
        double left = 1 - step / total;
        if (!fade(lights, left, (uint32_t)step_ms, err)) return false;
        text news = {0};
        text_print(&news, "%s: %.0f%% of the light is left", room, left * 100);
        plugin_string_t message = given(news);
        call_progress(step, &total, &message);
        if (call_is_cancelled() || !call_sleep(step_ms)) {
            text words = {0};
            text_print(&words, "Stopped after step %d of %d; the lights of %s stay as they are.", step, steps, room);
            return fail(err, TYPES_TOOL_ERROR_TIMEOUT, words);
        }
    }
    return true;
}

// Fills in the error for a sunset that is longer than the operator allows.
static bool too_long(tool_error *err) {
    text reason = {0};
    text_print(&reason, "must be below %d, unless the operator sets a larger wall_seconds for this plugin",
               (int)(call_time_left_ms() / 60000));
    err->tag = TYPES_TOOL_ERROR_INVALID_ARGUMENTS;
    types_field_error_t *field = (types_field_error_t *)calloc(1, sizeof *field);
    *field = (types_field_error_t){owned("minutes"), given(reason)};
    err->val.invalid_arguments = (types_list_field_error_t){field, 1};
    return false;
}

// The host calls only tools that are listed, so `name` is that of the only one.
bool exports_tools_call_tool(plugin_string_t *name, exports_tools_json_t *arguments, output *ret, tool_error *err) {
    (void)name;
    text json = {0}, message = {0};
    text_add(&json, arguments->ptr, arguments->len);
    text wanted = json_string(json_member(json.at, "room"));
    uint64_t total_ms = (uint64_t)(strtod(json_member(json.at, "minutes"), NULL) * 60000);

    home_group_t group = {0};
    home_list_light_t lights;
    control_list_outcome_t outcomes = {0};
    if (!find_group(wanted, &group, err) || !find_lights(&group, &lights, err)) return false;
    text room = {0};
    text_add(&room, group.name.ptr, group.name.len);
    if (lights.len == 0) {
        text_print(&message, "%s is dark already.", room.at);
        return answer(message, &group, 0, outcomes, ret);
    }
    if (total_ms > call_time_left_ms()) return too_long(err);

    int steps = total_ms < 1000 ? 1 : total_ms < MAX_STEPS * 1000 ? (int)(total_ms / 1000) : MAX_STEPS;
    if (!fade_in_steps(room.at, lights, total_ms, steps, err) || !turn_off(lights, &outcomes, err)) return false;
    text_print(&message, "The sun has set in %s.", room.at);
    return answer(message, &group, steps, outcomes, ret);
}
