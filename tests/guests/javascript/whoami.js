// Tries to leave its sandbox and reports what it could reach, which should be nothing.

import { getArguments, getEnvironment } from 'wasi:cli/environment@0.2.0';
import { getDirectories } from 'wasi:filesystem/preopens@0.2.0';
import { instanceNetwork } from 'wasi:sockets/instance-network@0.2.0';
import { createTcpSocket } from 'wasi:sockets/tcp-create-socket@0.2.0';

const LOCAL = (port) => ({ tag: 'ipv4', val: { port, address: [127, 0, 0, 1] } });

export const tools = {
  listTools: () => [
    {
      name: 'whoami',
      description: 'Tells what this plugin can reach.',
      inputSchema: '{"type": "object"}',
      hints: { readOnly: true },
      icons: [],
    },
  ],
  callTool() {
    console.log('whoami on stdout');
    console.error('whoami on stderr');
    return { content: [], structured: JSON.stringify(whoami()), isError: false };
  },
};

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
