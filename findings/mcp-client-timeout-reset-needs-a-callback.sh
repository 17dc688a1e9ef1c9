#!/usr/bin/env bash
# @modelcontextprotocol/client 2.4.0 (TypeScript): the option `resetTimeoutOnProgress` of a call.
#
# One would guess: with `resetTimeoutOnProgress: true` a tool that reports progress every half second may take longer than
# the timeout of two seconds.
#
# What happens instead: the call times out, and no progress was ever sent: the client asks for it only if there is an
# `onprogress` callback. The option alone does nothing, without a warning. With an empty callback the call succeeds.
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
const call = (options) =>
  client
    .callTool({ name: 'slow' }, { timeout: 2000, resetTimeoutOnProgress: true, ...options })
    .then(({ content }) => content[0].text, (error) => `${error.code}: ${error.message}`);
const alone = await call({});
console.log(`resetTimeoutOnProgress: ${alone}`);
const withCallback = await call({ onprogress() {} });
console.log(`resetTimeoutOnProgress and an empty onprogress: ${withCallback}`);
await client.close();
process.exit(alone.startsWith('REQUEST_TIMEOUT') && withCallback === 'done' ? 0 : 1);
JAVASCRIPT
node client.mjs && echo "as described" || { echo "this has changed"; exit 1; }
