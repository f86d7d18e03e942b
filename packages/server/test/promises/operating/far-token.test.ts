import { afterEach, expect, test } from 'bun:test';
import { buildRtcToken } from '../../../src/token/build.ts';
import { Client } from '../../../testing/clients/client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
} from '../../../testing/processes/server-process.ts';

let server: ServerProcess | undefined;
const clients: { drop(): void }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.drop();
  await server?.close();
});

test('TIME7: privileges that end at a Unix time, taken for seconds, cost the server no timer and no line', async () => {
  server = await startServerProcess({}, { HOUSECOUNT_LOG_LEVEL: 'warn' });
  const { url } = server;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const made = {
    appId: testApp.id,
    certificate: testApp.certificate,
    expireSeconds: 3_600,
    issuedSeconds: nowSeconds,
    salt: 4711,
  };
  for (const privilegeSeconds of [nowSeconds + 3_600, 25 * 86_400, 0xffff_ffff]) {
    const token = buildRtcToken({
      ...made,
      channel: 'far',
      identity: { uid: 0 },
      role: 'audience',
      privilegeSeconds,
    });
    clients.push(await Client.join({ url, channel: 'far', uid: 0, hello: { token } }));
  }
  const ann = await SignalingClient.login(url, 'ann');
  await ann.subscribes('far');
  clients.push(ann);
  // A timer that is too long for the runtime would have ended at once, thousands of times by now, and been told of each time.
  for (let at = 0; at < 20; at += 1)
    expect((await ann.asks({ type: 'get-locks', channelType: 'MESSAGE', channel: 'far' })).type).toBe('ok');
  expect(ann.closed).toBeUndefined();
  // The log may say that the machine is busy, but nothing of this.
  expect(server.stderr()).not.toMatch(/timeout|timer|token/i);
});
