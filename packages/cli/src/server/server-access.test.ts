import { expect, test } from 'bun:test';
import { below } from './server-access.ts';

test.each([
  ['https://show.example.com', 'https://show.example.com/v1/apps?x=1'],
  ['https://show.example.com/', 'https://show.example.com/v1/apps?x=1'],
  ['https://show.example.com/hc', 'https://show.example.com/hc/v1/apps?x=1'],
  ['https://show.example.com/a/b//', 'https://show.example.com/a/b/v1/apps?x=1'],
])('PROXY10: paths of the server %p are below its own', (server, address) => {
  expect(below(server, '/v1/apps?x=1').href).toBe(address);
});
