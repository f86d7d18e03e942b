import { afterEach, describe, expect, test } from 'bun:test';
import { Client } from '../../../testing/clients/client.ts';
import { type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
} from '../../../testing/processes/server-process.ts';

const viewers = 2_000;
const channel = 'premiere';
const secret = 'a-secret-for-the-crowd';

let server: ServerProcess | undefined;
let receiver: Receiver | undefined;
let clients: Client[] = [];

afterEach(async () => {
  for (const client of clients) client.drop();
  clients = [];
  await server?.close();
  await receiver?.close();
});

describe('a crowd', () => {
  test(
    'OPS11: 2,000 viewers who join at once are all acknowledged, and every 105 arrives, none twice, none missing',
    async () => {
      receiver = await startReceiver({ secret });
      server = await startServerProcess({
        endpoints: [{ app: testApp.id, url: receiver.url, secret, allowPrivateNetwork: true }],
      });
      const { url } = server;
      const host = await Client.join({ url, channel, account: 'host', role: 'broadcaster' });
      host.send({ type: 'subscribe-roster', id: 1 });
      await host.next('roster-snapshot');
      const joined = await Promise.all(
        Array.from({ length: viewers }, (_, index) => Client.join({ url, channel, uid: index + 1 }, 120_000)),
      );
      clients = [host, ...joined];
      await receiver.until((notices) => notices.length >= viewers + 2, 120_000);
      const audience = receiver.notices.filter(({ notice }) => notice.eventType === 105);
      expect(audience).toHaveLength(viewers);
      expect(new Set(audience.map(({ notice }) => notice.payload.uid)).size).toBe(viewers);
      expect(receiver.notices.every(({ copy, verified }) => copy === 1 && verified)).toBe(true);
      const audit = receiver.audit();
      expect(audit.violations).toEqual([]);
      expect(audit.rosters.get(channel)?.size).toBe(viewers + 1);

      // The host's page was told the same, name by name, with the same numbers.
      const last = await host.until('the last join on the host', () => {
        const frame = host.all('roster-changes').at(-1);
        return frame?.to === viewers + 2 ? frame : undefined;
      });
      expect(last.count).toBe(viewers + 1);
      const seqs = host.all('roster-changes').flatMap(({ changes }) => changes.map(({ seq }) => seq));
      const snapshotSeq = host.all('roster-snapshot')[0]?.seq ?? 0;
      expect(seqs.filter((seq) => seq > snapshotSeq)).toEqual(
        Array.from({ length: viewers + 2 - snapshotSeq }, (_, index) => snapshotSeq + 1 + index),
      );
    },
    5 * 60_000,
  );
});
