// Tries to leave its sandbox and reports what it could reach, which should be nothing. Tells of its language too.

import { find } from 'lamplighter:plugin/home@0.1.0';
import { getArguments, getEnvironment } from 'wasi:cli/environment@0.2.0';
import { getDirectories } from 'wasi:filesystem/preopens@0.2.0';
import { instanceNetwork } from 'wasi:sockets/instance-network@0.2.0';
import { createTcpSocket } from 'wasi:sockets/tcp-create-socket@0.2.0';

const LOCAL = (port) => ({ tag: 'ipv4', val: { port, address: [127, 0, 0, 1] } });

export const tools = {
  listTools: () => [
    tool('whoami', 'Tells what this plugin can reach.'),
    tool('language', 'Tells what the language does here.'),
  ],
  callTool(name) {
    if (name === 'language') return { content: [], structured: JSON.stringify(language()), isError: false };
    console.log('whoami on stdout');
    console.error('whoami on stderr');
    return { content: [], structured: JSON.stringify(whoami()), isError: false };
  },
};

const tool = (name, description) => ({
  name,
  description,
  inputSchema: '{"type": "object"}',
  hints: { readOnly: true },
  icons: [],
});

const whoami = () => ({
  environment: getEnvironment(),
  arguments: getArguments(),
  files: { directories: outcome(firstDirectory), engine: outcome(engineFiles) },
  sockets: {
    connect: outcome(() => createTcpSocket('ipv4').startConnect(instanceNetwork(), LOCAL(443))),
    listen: outcome(() => createTcpSocket('ipv4').startBind(instanceNetwork(), LOCAL(0))),
  },
});

function firstDirectory() {
  if (getDirectories().length === 0) throw new Error('there are none');
}

// Looks for the file interfaces of other engines. (`fetch` exists, but ends the call: this build has no http.)
function engineFiles() {
  if ([typeof require, typeof process, typeof Deno].every((type) => type === 'undefined')) throw new Error('none');
}

// Returns `reached`, or the reason why not.
function outcome(attempt) {
  try {
    attempt();
    return 'reached';
  } catch (error) {
    return `refused: ${error.payload ?? error}`;
  }
}

// What JavaScript does in a component that it does not do elsewhere: docs/plugins.md promises each of these.
const language = () => ({
  random: Math.random(),
  uuid: crypto.randomUUID(),
  intl: typeof Intl,
  normalize: typeof ''.normalize,
  time_in_tokyo: new Date(0).toLocaleTimeString('de-DE', { timeZone: 'Asia/Tokyo' }),
  sorted: ['ä', 'z', 'a', 'Z'].sort((a, b) => a.localeCompare(b)),
  letter_class: thrown(() => new RegExp('\\p{L}', 'u')).constructor.name,
  host_error: describeHostError(),
});

function describeHostError() {
  const error = thrown(() => find('no such light', { light: true }));
  return { name: error.constructor.name, is_error: error instanceof Error, tag: error.payload?.tag };
}

// Returns what is thrown, or an object if nothing is.
function thrown(attempt) {
  try {
    attempt();
    return {};
  } catch (error) {
    return error;
  }
}
