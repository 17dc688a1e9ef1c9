#!/usr/bin/env bash
# @modelcontextprotocol/client 2.4.0 (TypeScript): a call that the application aborts by its own signal.
#
# One would guess: `callTool` rejects with the signal's reason, as `fetch` does, or with an AbortError. So `catch` can tell
# that the user stopped the call, and that it is not to be tried again.
#
# What happens instead: it rejects with an SdkError whose code is REQUEST_TIMEOUT, the code of a call that took too long. The
# reason is only in the message, as text. A retry on REQUEST_TIMEOUT calls again what the user has just stopped.
#
# Passes while this is so; fails when it changes. Needs Node.js 20 or newer and npm.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0
cat > server.mjs <<'JAVASCRIPT'
import { createInterface } from 'node:readline';

const STEPS = 6;
const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
const results = (params) => ({
  initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '0' } },
  'tools/list': { tools: [{ name: 'slow', inputSchema: { type: 'object' } }] },
});

// Reports progress every 500 ms, and answers after 3 s.
function work(id, progressToken) {
  let step = 0;
  const timer = setInterval(() => {
    step++;
    if (progressToken !== undefined) send({ method: 'notifications/progress', params: { progressToken, progress: step } });
    if (step < STEPS) return;
    clearInterval(timer);
    send({ id, result: { content: [{ type: 'text', text: 'done' }] } });
  }, 500);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  if (method === 'tools/call') return work(id, params._meta?.progressToken);
  const result = results(params)[method];
  send(result ? { id, result } : { id, error: { code: -32601, message: 'unknown' } });
});
JAVASCRIPT
cat > client.mjs <<'JAVASCRIPT'
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const client = new Client({ name: 'finding', version: '0' });
await client.connect(new StdioClientTransport({ command: process.execPath, args: ['server.mjs'] }));
const call = (options) => client.callTool({ name: 'slow' }, options).catch((error) => error);

class UserStopped extends Error {}
const reason = new UserStopped('the user pressed Stop');
const aborter = new AbortController();
setTimeout(() => aborter.abort(reason), 200);
const aborted = await call({ signal: aborter.signal });
console.log(`aborted: ${aborted.constructor.name}, ${aborted.name}, code ${aborted.code}: ${aborted.message}`);
const late = await call({ timeout: 200 });
console.log(`too late: ${late.constructor.name}, ${late.name}, code ${late.code}: ${late.message}`);
await client.close();
const asDescribed = aborted !== reason && aborted.code === 'REQUEST_TIMEOUT' && late.code === 'REQUEST_TIMEOUT';
process.exit(asDescribed ? 0 : 1);
JAVASCRIPT
node client.mjs && echo "as described" || { echo "this has changed"; exit 1; }
