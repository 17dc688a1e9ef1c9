// Both lines of the official TypeScript client against the real binary, with plugins whose schemas have cost clients every
// tool. `cargo xtask test --only typescript` runs it in a folder that has the packages: node client.mjs BINARY PLUGINS

import assert from "node:assert/strict";
import { dirname } from "node:path";

import * as v2 from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";

const [binary, plugins] = process.argv.slice(2);
const home = dirname(plugins);
const server = {
  command: binary,
  args: ["serve", "--demo", "--plugins", plugins],
  env: { HOME: home, XDG_CONFIG_HOME: home },
  stderr: "ignore",
};
const identity = { name: "lamplighter-tests", version: "1.0.0" };

// What the tools answer as structured content in the handshake era.
const answers = {
  shed_names: { result: [{ name: "Desk" }] },
  shed_count: { result: 3 },
  odd_list: { result: ["Desk", "Shelf"] },
  odd_count: { result: 2 },
};

async function losesNothing(name, client, transport, isModern) {
  await client.connect(transport);
  const { tools } = await client.listTools();
  const listed = tools.map((tool) => tool.name);
  for (const tool of ["hue_list_lights", "shed_dim", "odd_alternatives", "odd_name", ...Object.keys(answers)]) {
    assert(listed.includes(tool), `${name}: ${tool} is not in ${listed}`);
  }
  for (const [tool, wrapped] of Object.entries(answers)) {
    // A modern client gets a guest's own schema as it is.
    const expected = isModern && tool.startsWith("odd_") ? wrapped.result : wrapped;
    const answer = await client.callTool({ name: tool, arguments: {} });
    assert.deepEqual(answer.structuredContent, expected, `${name}: ${tool}`);
  }
  const lights = await client.callTool({ name: "hue_list_lights", arguments: {} });
  assert(lights.structuredContent.success, `${name}: ${JSON.stringify(lights)}`);
  const dimmed = await client.callTool({ name: "shed_dim", arguments: { light: "Desk", percent: 5 } });
  assert.equal(dimmed.content[0].text, "light Desk 5");
  await client.close();
  console.log(`  ${name}: ${listed.length} tools are listed, ${Object.keys(answers).length + 2} answer`);
}

await losesNothing("version 1", new ClientV1(identity), new StdioV1(server), false);
for (const mode of ["legacy", "auto"]) {
  const client = new v2.Client(identity, { versionNegotiation: { mode } });
  await losesNothing(`version 2, ${mode}`, client, new StdioV2(server), mode === "auto");
}
