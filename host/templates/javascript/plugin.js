// The plugin {{name}}.

import { sleep } from 'lamplighter:plugin/call@0.1.0';
import { apply } from 'lamplighter:plugin/control@0.1.0';
import { find } from 'lamplighter:plugin/home@0.1.0';

const blinkTool = {
  name: '{{snake}}_blink',
  description: 'Turns a light off and on again, or on and off, to see which it is.',
  inputSchema: JSON.stringify({
    type: 'object',
    properties: { light: { type: 'string', minLength: 1, maxLength: 100, description: 'Name of the light.' } },
    required: ['light'],
    additionalProperties: false,
  }),
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  icons: [],
};

export const tools = {
  listTools: () => [blinkTool],
  callTool: (_name, args) => ({ content: [{ tag: 'text', val: blink(JSON.parse(args)) }], isError: false }),
};

function blink({ light }) {
  try {
    const found = find(light, { light: true });
    for (let i = 0; i < 2; i++) {
      apply([toggle(found.id)], {});
      sleep(500n);
    }
    return `${found.name} blinked.`;
  } catch (error) {
    throw toolError(light, error);
  }
}

function toggle(light) {
  return {
    tag: 'set',
    val: { target: { tag: 'light', val: light }, change: { power: 'toggle', gradient: [], more: [] } },
  };
}

// Converts the host's error, so that a model can act on it. A host function throws its error as `payload`; a tool throws
// `{ tag, val }`.
function toolError(light, error) {
  if (!error.payload) return error;
  const { tag, val } = error.payload;
  if (tag === 'not-found') return { tag, val: { message: `There is no light "${light}".`, candidates: val } };
  if (tag === 'ambiguous') return { tag, val: { message: `"${light}" may mean several lights.`, candidates: val } };
  if (tag === 'unavailable') return { tag, val };
  return { tag: 'failed', val: `${tag}: ${val}` };
}
