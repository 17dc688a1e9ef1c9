// Hands each value to the host, and returns what the host returns.

import * as host from 'lamplighter:exchange/host';

// Lists of numbers arrive as typed arrays; plugins write plain ones. A list of bytes has to be a Uint8Array.
const plain = (pass) => (value) => pass(Array.from(value));

export const guest = {
  ...host,
  passListU16: plain(host.passListU16),
  passListU32: plain(host.passListU32),
  passListU64: plain(host.passListU64),
  passListS32: plain(host.passListS32),
  passListF64: plain(host.passListF64),
};
