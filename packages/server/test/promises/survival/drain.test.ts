import { afterEach, describe, expect, test } from 'bun:test';
import { Client } from '../../../testing/clients/client.ts';
import { type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
} from '../../../testing/processes/server-process.ts';

const secret = 'a-secret-for-the-drain';
let server: ServerProcess | undefined;
let receiver: Receiver | undefined;

afterEach(async () => {
  await server?.close();
  await receiver?.close();
});

describe('SIGTERM', () => {
  test('OPS12: says goodbye with a retry hint, ends with 0, and after the restart whoever resumes made no event', async () => {
    receiver = await startReceiver({ secret });
    server = await startServerProcess({
      endpoints: [{ app: testApp.id, url: receiver.url, secret, allowPrivateNetwork: true }],
    });
    const { url } = server;
    const client = await Client.join({ url, channel: 'drained', uid: 5 });
    await receiver.until((notices) => notices.length === 2);
    const status = await server.terminate();
    const goodbye = await client.next('closing');
    expect(goodbye).toMatchObject({ code: 'going_away', retry: true });
    expect(goodbye.retryAfterMs).toBeGreaterThan(0);
    expect(status).toBe(0);
    await server.restart();
    const back = await Client.join({ url, channel: 'drained', uid: 5, resume: client.welcome.resume });
    expect(back.welcome).toMatchObject({ resumed: true, uid: 5, sid: client.welcome.sid });
    await back.leave();
    await receiver.until((notices) => notices.length >= 4);
    expect(receiver.notices.map(({ notice }) => notice.eventType)).toEqual([101, 105, 106, 102]);
    expect(receiver.audit().violations).toEqual([]);
  }, 120_000);

  test('OPS13: a second server on the same data folder is refused, with the folder named, and the first lives on', async () => {
    server = await startServerProcess();
    const { dataDir, url } = server;
    const second = startServerProcess({ dataDir });
    await expect(second).rejects.toThrow(dataDir);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }, 120_000);
});
