import { afterEach, describe, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Notice, nodeHandler, Roster, restHealer } from '@housecount/webhook';
import { Client } from '../../../testing/clients/client.ts';
import {
  testApp,
  testAuthorization,
  testCustomer,
  until,
} from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

const secret = 'a-secret-for-the-roster';
const members = 60;

let server: TestServer | undefined;
let receiver: Server | undefined;
let clients: Client[] = [];

afterEach(async () => {
  for (const client of clients) client.drop();
  clients = [];
  await server?.close();
  server = undefined;
  const old = receiver;
  receiver = undefined;
  old?.closeAllConnections();
  if (old) await new Promise((resolve) => old.close(resolve));
});

interface Listed {
  readonly code?: string;
  readonly sid?: string;
  readonly seq?: number;
  readonly members?: readonly { readonly uid: number; readonly role: string }[];
}

async function listed(url: string, channel: string): Promise<Listed> {
  const address = `${url}/v1/apps/${testApp.id}/channels/${channel}/roster?limit=1000`;
  return (await (await fetch(address, { headers: { Authorization: testAuthorization } })).json()) as Listed;
}

/** Everything but the time, of which notices know the second and the REST API the millisecond. */
const peopleOf = (people: readonly { readonly uid: number; readonly role: string }[]) =>
  people.map(({ uid, role }) => `${uid} ${role}`).sort();

describe('a Roster in front of the real server', () => {
  test.each(['agora', 'standard', 'batch'])(
    'HOOK48, HOOK123: of an endpoint in %s it loses a third of the notices, sees each hole, and heals from the REST API',
    async (format) => {
      let drops = true;
      let received = 0;
      let dropped = 0;
      let healed = 0;
      const failed: unknown[] = [];
      const parts: { roster?: Roster } = {};
      const onNotice = async (notice: Notice) => {
        received += 1;
        // Lost on purpose, and not always the same: every third that comes.
        if (drops && received % 3 === 0) {
          dropped += 1;
          return;
        }
        const taken = await parts.roster?.take(notice);
        healed += Number(taken?.healed ?? false);
        if (taken?.healFailed !== undefined) failed.push(taken.healFailed);
      };
      receiver = createServer(nodeHandler({ secret, onNotice, onError: (error) => failed.push(error) }));
      await new Promise<void>((resolve) => receiver?.listen(0, '127.0.0.1', resolve));
      const { port } = receiver.address() as AddressInfo;
      const hook = `http://127.0.0.1:${port}/`;
      server = await startTestServer({
        endpoints: [{ app: testApp.id, url: hook, secret, format, allowPrivateNetwork: true }],
      });
      const { url } = server;
      const heal = restHealer({ url, app: testApp.id, customer: testCustomer });
      const roster = new Roster({ heal });
      parts.roster = roster;

      const channel = 'a stage & more';
      const join = (uid: number) =>
        Client.join({ url, channel, uid, role: uid % 5 === 0 ? 'broadcaster' : 'audience' });
      const here = await Promise.all(Array.from({ length: members }, (_, index) => join(index + 1)));
      clients.push(...here);
      await Promise.all(here.filter((_, index) => index % 3 === 0).map((client) => client.leave()));
      const promoted = here.findIndex(({ closed }) => !closed) + 1;
      const stay = here[promoted - 1];
      await until('enough notices to be lost', () => dropped > members / 4);
      drops = false;
      stay?.send({ type: 'set-role', id: 1, role: 'broadcaster' });
      const truth = await until('the roster to be the server’s', async () => {
        const [view, list] = await Promise.all([
          roster.view(channel),
          listed(url, encodeURIComponent(channel)),
        ]);
        // The role was asked for a moment ago: what is compared below is of after it.
        const changed = list.members?.some(({ uid, role }) => uid === promoted && role === 'broadcaster');
        return changed && view.seq === list.seq && { view, list };
      });
      expect(peopleOf(truth.view.members)).toEqual(peopleOf(truth.list.members ?? []));
      expect(truth.view.sid).toBe(truth.list.sid ?? '');
      expect(truth.view.count).toBe(members - members / 3);
      expect(dropped).toBeGreaterThan(members / 4);
      expect(healed).toBeGreaterThan(0);
      expect(failed).toEqual([]);

      // One that starts in the middle, and was told nothing.
      const fresh = new Roster({ heal });
      await fresh.refresh(channel);
      expect(peopleOf(await fresh.members(channel))).toEqual(peopleOf(truth.list.members ?? []));
      await fresh.refresh('nobody-was-ever-here');
      expect(await fresh.count('nobody-was-ever-here')).toBe(0);

      // The end, of which nothing comes.
      drops = true;
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver?.close(resolve));
      receiver = undefined;
      await Promise.all(clients.filter(({ closed }) => !closed).map((client) => client.leave()));
      await until(
        'the server’s channel to be empty',
        async () => (await listed(url, encodeURIComponent(channel))).code,
      );
      await roster.refresh(channel);
      await fresh.refresh(channel);
      expect([await roster.count(channel), await fresh.count(channel)]).toEqual([0, 0]);
    },
    120_000,
  );

  test('HOOK48: a wrong secret is a failure to heal, never an empty channel', async () => {
    server = await startTestServer();
    const { url } = server;
    const customer = { id: testCustomer.id, secret: 'wrong' };
    const wrongLogin = new Roster({ heal: restHealer({ url, app: testApp.id, customer }) });
    await expect(wrongLogin.refresh('x')).rejects.toMatchObject({ code: 'heal_failed' });
    const wrongApp = new Roster({ heal: restHealer({ url, app: 'f'.repeat(32), customer: testCustomer }) });
    await expect(wrongApp.refresh('x')).rejects.toMatchObject({ code: 'heal_failed' });
  });
});
