#!/usr/bin/env bash
# @modelcontextprotocol/sdk 1.32.2 (TypeScript): a tool that fails (`isError`) and puts a code into `structuredContent`.
#
# One would guess: the output schema describes what a tool answers when it succeeds. `callTool` returns a result that says
# `isError: true`, and a model reads the words of the failure, whether or not the list of tools was read before.
#
# What happens instead: once `listTools()` has been called, `callTool` throws "Structured content does not match the tool's
# output schema", and the words of the tool are gone. Without that listing the same call returns the result.
#
# Passes while this is so; fails when it changes. Needs Node.js 20 or newer and npm.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'JAVASCRIPT'
import { createInterface } from 'node:readline';

const outputSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
const failure = {
  isError: true,
  content: [{ type: 'text', text: 'The lamp has no power.' }],
  structuredContent: { code: 'NO_POWER' },
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const results = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '0' } },
    'tools/list': { tools: [{ name: 'switch', inputSchema: { type: 'object' }, outputSchema }] },
    'tools/call': failure,
  };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] }));
});
JAVASCRIPT
cat > client.mjs <<'JAVASCRIPT'
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const client = new Client({ name: 'finding', version: '0' });
await client.connect(new StdioClientTransport({ command: process.execPath, args: ['server.mjs'] }));
const call = () => client.callTool({ name: 'switch' }).then(JSON.stringify, (error) => `throws: ${error.message}`);
const before = await call();
console.log(`before listTools(): ${before}`);
await client.listTools();
const after = await call();
console.log(`after listTools(): ${after}`);
await client.close();
const asDescribed = before.includes('no power') && after.startsWith('throws') && !after.includes('no power');
process.exit(asDescribed ? 0 : 1);
JAVASCRIPT
node client.mjs && echo "as described" || { echo "this has changed"; exit 1; }
