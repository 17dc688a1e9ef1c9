// The plugin {{name}}.

#include "gen/plugin.h"

#include "json.h"

typedef exports_tools_tool_error_t tool_error;

// Copies a text to the heap: the host frees what it is given after the call.
static plugin_string_t owned(const char *words) {
    plugin_string_t copy;
    plugin_string_dup(&copy, words);
    return copy;
}

static plugin_string_t given(text words) { return (plugin_string_t){(uint8_t *)words.at, words.length}; }

void exports_tools_list_tools(exports_tools_list_tool_t *ret) {
    exports_tools_tool_t *tool = (exports_tools_tool_t *)calloc(1, sizeof *tool);
    tool->name = owned("{{snake}}_blink");
    tool->description = owned("Turns a light off and on again, or on and off, to see which it is.");
    tool->input_schema = owned(
        "{\"type\": \"object\", \"properties\": {"
        " \"light\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 100,"
        "  \"description\": \"Name of the light.\"}},"
        " \"required\": [\"light\"], \"additionalProperties\": false}");
    tool->hints = (exports_tools_hints_t){{true, false}, {true, false}, {true, false}, {true, false}};
    *ret = (exports_tools_list_tool_t){tool, 1};
}

static bool fail(tool_error *err, uint8_t tag, plugin_string_t words) {
    err->tag = tag;
    err->val.failed = words;
    return false;
}

// Converts the host's error, so that a model can act on it.
static bool not_found(home_find_error_t error, text name, tool_error *err) {
    if (error.tag != HOME_FIND_ERROR_NOT_FOUND && error.tag != HOME_FIND_ERROR_AMBIGUOUS)
        return fail(err, TYPES_TOOL_ERROR_FAILED, owned("The home cannot be looked at now."));
    bool none = error.tag == HOME_FIND_ERROR_NOT_FOUND;
    text words = {0};
    text_print(&words, none ? "There is no light \"%s\"." : "\"%s\" may mean several lights.", name.at);
    err->tag = none ? TYPES_TOOL_ERROR_NOT_FOUND : TYPES_TOOL_ERROR_AMBIGUOUS;
    err->val.not_found = (types_no_match_t){given(words), {error.val.not_found.ptr, error.val.not_found.len}};
    return false;
}

static bool toggle(plugin_string_t light, tool_error *err) {
    control_command_t command = {.tag = CONTROL_COMMAND_SET};
    command.val.set.target.tag = CONTROL_TARGET_LIGHT;
    command.val.set.target.val.light = light;
    command.val.set.change.power = (control_option_power_t){true, CONTROL_POWER_TOGGLE};
    control_list_command_t commands = {&command, 1};
    control_apply_options_t options = {0};
    control_list_outcome_t outcomes;
    control_error_t error;
    return control_apply(&commands, &options, &outcomes, &error) ||
           fail(err, TYPES_TOOL_ERROR_FAILED, owned("The light could not be changed."));
}

// The host calls listed tools only, so `name` is that of the only tool.
bool exports_tools_call_tool(plugin_string_t *name, exports_tools_json_t *arguments, exports_tools_tool_output_t *ret,
                             tool_error *err) {
    (void)name;
    text json = {0}, said = {0};
    text_add(&json, arguments->ptr, arguments->len);
    text wanted = json_string(json_member(json.at, "light"));

    plugin_string_t query = given(wanted);
    home_candidate_t light;
    home_find_error_t reason;
    if (!home_find(&query, HOME_KINDS_LIGHT, NULL, &light, &reason)) return not_found(reason, wanted, err);
    for (int i = 0; i < 2; i++) {
        if (!toggle(light.id, err)) return false;
        call_sleep(500);
    }

    text_print(&said, "%.*s blinked.", (int)light.name.len, (char *)light.name.ptr);
    content_content_block_t *block = (content_content_block_t *)calloc(1, sizeof *block);
    block->tag = CONTENT_CONTENT_BLOCK_TEXT;
    block->val.text = given(said);
    *ret = (exports_tools_tool_output_t){.content = {block, 1}};
    return true;
}
