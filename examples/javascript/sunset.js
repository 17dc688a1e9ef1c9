// Sunset: fades the lights of a room over some minutes to a warm glow, and turns them off.

import { isCancelled, progress, sleep, timeLeftMs } from 'lamplighter:plugin/call@0.1.0';
import { apply } from 'lamplighter:plugin/control@0.1.0';
import { find, groups, lights as allLights } from 'lamplighter:plugin/home@0.1.0';

const MAX_MINUTES = 120;
const MAX_STEPS = 20;
const GLOW_PERCENT = 1;
const GLOW_KELVIN = 2000;

const names = (description) => ({ type: 'array', items: { type: 'string' }, description });

const sunsetTool = {
  name: 'sunset',
  title: 'Sunset',
  description:
    'Fades the lights that are on in a room down to a warm glow and then off, over some minutes. ' +
    'Answers when the fade is over. If it is cancelled, the lights stay as they are then.',
  inputSchema: JSON.stringify({
    type: 'object',
    properties: {
      room: { type: 'string', minLength: 1, maxLength: 100, description: 'Name of a room or zone; `all` for the whole home.' },
      minutes: {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: MAX_MINUTES,
        description: 'How long the sunset takes. Fractions are fine.',
      },
    },
    required: ['room', 'minutes'],
    additionalProperties: false,
  }),
  outputSchema: JSON.stringify({
    type: 'object',
    properties: {
      room: { type: 'string', description: 'Name of the room.' },
      steps: { type: 'integer', minimum: 0, description: 'Number of steps the fade was made of.' },
      lights_off: names('Names of the lights that were faded and are off now.'),
      not_reached: names('Names of the lights that did not follow.'),
    },
    required: ['room', 'steps', 'lights_off', 'not_reached'],
    additionalProperties: false,
  }),
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  expectedMs: BigInt((MAX_MINUTES + 1) * 60_000),
  icons: [],
};

// The host takes a thrown `{ tag, val }` for the tool's error, and anything else that is thrown for a crash.
export const tools = {
  listTools: () => [sunsetTool],

  callTool(_name, args) {
    try {
      return sunset(JSON.parse(args));
    } catch (error) {
      throw toolError(error);
    }
  },
};

function sunset({ room, minutes }) {
  const group = findGroup(room);
  const lights = allLights().filter((light) => light.state.on && group.lights.includes(light.id));
  if (lights.length === 0) return answer(`${group.name} is dark already.`, group, 0, []);

  const totalMs = Math.floor(minutes * 60_000);
  checkTime(totalMs);
  const steps = Math.max(1, Math.min(Math.floor(totalMs / 1000), MAX_STEPS));
  const stepMs = Math.floor(totalMs / steps);
  for (let step = 1; step <= steps; step++) {
    const left = 1 - step / steps;
    fade(lights, left, stepMs);
    progress(step, steps, `${group.name}: ${Math.round(left * 100)}% of the light is left`);
    if (isCancelled() || !sleep(BigInt(stepMs))) {
      const text = `Stopped after step ${step} of ${steps}; the lights of ${group.name} stay as they are.`;
      throw { tag: 'timeout', val: text };
    }
  }

  const off = lights.map((light) => command(light, { power: 'off' }));
  return answer(`The sun has set in ${group.name}.`, group, steps, apply(off, {}));
}

// Resolves a room or zone by name. The host compares names and offers near misses.
function findGroup(name) {
  try {
    const found = find(name, { room: true, zone: true, home: true });
    return groups().find((group) => group.id === found.id);
  } catch (error) {
    const { tag, val: candidates } = error.payload ?? {};
    if (tag === 'not-found') throw { tag, val: { message: `There is no room or zone "${name}".`, candidates } };
    if (tag === 'ambiguous') throw { tag, val: { message: `"${name}" may mean several things.`, candidates } };
    throw error;
  }
}

// Checks the time limit: the operator may allow less than the tool declares.
function checkTime(totalMs) {
  const allowedMs = Number(timeLeftMs());
  if (totalMs <= allowedMs) return;
  const most = Math.floor(allowedMs / 60_000);
  const reason = `must be below ${most}, unless the operator sets a larger wall_seconds for this plugin`;
  throw { tag: 'invalid-arguments', val: [{ field: 'minutes', reason }] };
}

// Fades each light to a share of its original brightness, within one step.
function fade(lights, left, stepMs) {
  const commands = lights.map((light) => {
    const level = Math.max(GLOW_PERCENT, (light.state.brightness ?? 100) * left);
    return command(light, {
      brightness: { tag: 'percent', val: level },
      color: { tag: 'kelvin', val: GLOW_KELVIN },
      transitionMs: stepMs,
    });
  });
  apply(commands, { confirmWithinMs: 0 });
}

function command(light, change) {
  return {
    tag: 'set',
    val: { target: { tag: 'light', val: light.id }, change: { gradient: [], more: [], ...change } },
  };
}

function answer(text, group, steps, outcomes) {
  const followed = (outcome) => ['confirmed', 'accepted', 'unchanged'].includes(outcome.delivery.tag);
  const off = outcomes.filter(followed).map((outcome) => outcome.name);
  const lost = outcomes.filter((outcome) => !followed(outcome)).map((outcome) => outcome.name);
  if (lost.length > 0) text += ` Not reached: ${lost.join(', ')}.`;
  return {
    content: [{ tag: 'text', val: text }],
    structured: JSON.stringify({ room: group.name, steps, lights_off: off, not_reached: lost }),
    isError: lost.length > 0 && off.length === 0,
  };
}

// Converts the error of a host function into this tool's error. An error of this file passes as it is.
function toolError(error) {
  if (!error.payload) return error;
  const { tag, val } = error.payload;
  if (['denied', 'unavailable', 'timeout'].includes(tag)) return { tag, val };
  return { tag: 'failed', val: `${tag}: ${val}` };
}
