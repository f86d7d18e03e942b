import { afterEach, expect, test } from 'bun:test';
import AgoraRTC, { type HousecountClient } from '../../../../rtc/src/index.ts';
import { tokenFor } from '../../../testing/clients/client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../../testing/processes/server-process.ts';

const channel = 'talk';
let server: ServerProcess | undefined;
const clients: HousecountClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
  await server?.close();
});

/** Joins, and hears messages as text, with who sent them. */
async function joins(account: string, role: 'host' | 'audience' = 'audience') {
  const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role });
  clients.push(client);
  const heard: [unknown, string][] = [];
  client.on('stream-message', (uid, payload) => heard.push([uid, new TextDecoder().decode(payload)]));
  await client.join(testApp.id, channel, tokenFor(channel, { account }), account);
  return { client, heard };
}

test('SDK143: over a real server all others hear the messages of two hosts in order; who comes later, and the sender, do not', async () => {
  server = await startServerProcess();
  AgoraRTC.setParameter('HOUSECOUNT_URL', server.url);
  const [ann, bob] = [await joins('ann', 'host'), await joins('bob', 'host')];
  const viewers = [await joins('v1'), await joins('v2')];
  const count = 25;
  const sends = async ({ client }: typeof ann, text: string) => {
    for (let at = 0; at < count; at += 1) await client.sendStreamMessage(`${text}${at} ${'ü'.repeat(400)}`);
  };
  await Promise.all([sends(ann, 'a'), sends(bob, 'b')]);
  const late = await joins('late');
  const from = (heard: typeof ann.heard, who: string) =>
    heard.filter(([uid]) => uid === who).map(([, text]) => text.split(' ')[0]);
  const all = (text: string) => Array.from({ length: count }, (_, at) => `${text}${at}`);
  for (const { heard } of viewers) {
    await until('all heard', () => heard.length === 2 * count);
    expect([from(heard, 'ann'), from(heard, 'bob')]).toEqual([all('a'), all('b')]);
  }
  await until('bob heard', () => bob.heard.length === count);
  expect([from(bob.heard, 'ann'), from(bob.heard, 'bob'), late.heard]).toEqual([all('a'), [], []]);
}, 60_000);

test('SDK143: a host that sends more than it may is refused, stays connected and may send again', async () => {
  server = await startServerProcess({ limits: { streamMessagesPerSecondMax: 5 } });
  AgoraRTC.setParameter('HOUSECOUNT_URL', server.url);
  const [{ client }, { heard }] = [await joins('ann', 'host'), await joins('v')];
  const codes = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      client.sendStreamMessage(String(at)).then(
        () => 'sent',
        ({ code }) => code as string,
      ),
    ),
  );
  expect(codes).toContain('INVALID_OPERATION');
  await until('it may again', () =>
    client.sendStreamMessage('again').then(
      () => true,
      () => false,
    ),
  );
  await until('heard', () => heard.some(([, text]) => text === 'again'));
  expect(client.connectionState).toBe('CONNECTED');
}, 60_000);
