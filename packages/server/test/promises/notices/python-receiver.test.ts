import { afterEach, describe, expect, test } from 'bun:test';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from '../../../testing/clients/client.ts';
import { longLeases } from '../../../testing/hostile/pair.ts';
import { testApp, testAuthorization, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

const script = fileURLToPath(new URL('../../../../../examples/python-receiver/receiver.py', import.meta.url));
const secret = 'a-secret-for-python';
const channel = 'python-stage';
const members = 200;
const agoraTypes = [103, 104, 105, 106, 111, 112];

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.warn('python3 is not installed: the receiver in Python is not tested');

let server: TestServer | undefined;
let python: ChildProcess | undefined;
let clients: Client[] = [];

afterEach(async () => {
  for (const client of clients) client.drop();
  clients = [];
  await server?.close();
  server = undefined;
  const child = python;
  python = undefined;
  if (child && child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGKILL');
    });
});

async function startPython(): Promise<string> {
  const child = spawn('python3', [script, '0'], {
    env: { ...process.env, NOTICE_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  python = child;
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^listening on (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the receiver ended before it listened');
}

/** The role of each uid, `host` or `audience`, as the server's REST API says it. */
async function rosterOf(url: string): Promise<Record<string, string>> {
  const roster: Record<string, string> = {};
  const address = `${url}/v1/apps/${testApp.id}/channels/${channel}/roster?limit=1000`;
  const answer = await fetch(address, { headers: { Authorization: testAuthorization } });
  const body = (await answer.json()) as { code?: string; members?: { uid: number; role: string }[] };
  if (body.code === 'not_found') return roster;
  if (!body.members) throw new Error(`no roster: ${JSON.stringify(body)}`);
  for (const { uid, role } of body.members) roster[uid] = role === 'broadcaster' ? 'host' : 'audience';
  return roster;
}

async function pythonUsers(url: string): Promise<Record<string, string>> {
  const all = (await (await fetch(`${url}/users`)).json()) as Record<string, Record<string, string>>;
  return all[channel] ?? {};
}

async function agreed(what: string, serverUrl: string, pythonUrl: string): Promise<Record<string, string>> {
  let seen = '';
  const same = async () => {
    const [theirs, ours] = await Promise.all([pythonUsers(pythonUrl), rosterOf(serverUrl)]);
    const isSame = Bun.deepEquals(theirs, ours);
    if (!isSame) seen = `${Object.keys(theirs).length} in Python, ${Object.keys(ours).length} in the roster`;
    return isSame && ours;
  };
  return until(what, same, 60_000).catch((cause) => {
    throw new Error(seen, { cause });
  });
}

describe('a receiver written from the public documentation of Agora', () => {
  test.skipIf(!hasPython)(
    'HOOK45: its online flags are the roster, through joins, leaves, changes of role and replaced devices',
    async () => {
      const pythonUrl = await startPython();
      server = await startTestServer({
        endpoints: [
          { app: testApp.id, url: pythonUrl, secret, events: agoraTypes, allowPrivateNetwork: true },
        ],
        // Nobody here goes but by saying so, however long the machine keeps the clients from it.
        leases: longLeases,
      });
      const { url } = server;
      const join = (uid: number, role: 'broadcaster' | 'audience' = 'audience') =>
        Client.join({ url, channel, uid, role });

      const here = await Promise.all(
        Array.from({ length: members }, (_, index) =>
          join(index + 1, index % 20 === 0 ? 'broadcaster' : 'audience'),
        ),
      );
      clients.push(...here);
      const all = await agreed('everybody is there', url, pythonUrl);
      expect(Object.keys(all)).toHaveLength(members);
      expect(Object.values(all).filter((role) => role === 'host')).toHaveLength(members / 20);

      // All at once: a quarter leaves, some of them to come back; some change their role, some twice; some come from a new device.
      await Promise.all(
        here.map(async (client, index) => {
          const uid = index + 1;
          if (index % 4 === 1) {
            await client.leave();
            if (index % 8 === 1) clients.push(await join(uid, 'broadcaster'));
          } else if (index % 4 === 2) {
            await setRole(client, 'broadcaster', 1);
            if (index % 8 === 2) await setRole(client, 'audience', 2);
          } else if (index % 8 === 3) {
            clients.push(await join(uid));
            await client.until('the end of the old device', () => client.closed);
          }
        }),
      );
      const after = await agreed('the flags are the roster', url, pythonUrl);
      const gone = here.filter((_, index) => index % 8 === 5).length;
      expect(Object.keys(after)).toHaveLength(members - gone);
      expect(after['3']).toBe('audience');
      expect(after['7']).toBe('host');
      expect(after['4']).toBe('audience');
      expect(after['2']).toBe('host');

      await Promise.all(clients.filter(({ closed }) => !closed).map((client) => client.leave()));
      expect(await agreed('nobody is there', url, pythonUrl)).toEqual({});
    },
    180_000,
  );
});

async function setRole(client: Client, role: 'broadcaster' | 'audience', id: number): Promise<void> {
  client.send({ type: 'set-role', id, role });
  await client.until('the answer', () => client.frames.find((frame) => 'id' in frame && frame.id === id));
}
