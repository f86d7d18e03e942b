import { Database } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { idempotencyFormat } from '../../../src/api/request/idempotency.ts';
import { openTables } from '../../../src/kept/tables/sqlite.ts';
import { deliveryFormat } from '../../../src/ledger/deliveries/delivery-tables.ts';
import { historyFormat } from '../../../src/ledger/history/history-tables.ts';
import { messageFormat } from '../../../src/ledger/messages/message-tables.ts';
import { buildRtcToken, buildSignalingToken } from '../../../src/token/build.ts';
import { Client } from '../../../testing/clients/client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { type FakedTime, fakedTime, faketimeLibrary } from '../../../testing/processes/faked-time.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
} from '../../../testing/processes/server-process.ts';

/** The state that a server of another version left behind, and what it said before: fixtures/data-folders/README.md. */
interface Expected {
  /** When it ended, epoch milliseconds. */
  readonly atMs: number;
  readonly channel: string;
  readonly sid: string;
  readonly members: readonly { uid: number; account?: string; role: string }[];
  readonly deliveries: readonly { endpoint: string; noticeId: string; status: string }[];
  readonly messages: readonly unknown[];
  readonly events: readonly { type: string; account?: string; uid?: number }[];
  readonly endpoints: readonly { endpointId: string; description?: string }[];
  readonly key?: string;
  /** The sessions with which users of signaling come back. */
  readonly sessions?: Readonly<Record<'dee' | 'eve' | 'fay' | 'gus' | 'hal', KeptSession>>;
}

interface KeptSession {
  readonly session: { readonly id: string; readonly key: string };
  /** The session that was begun instead, of which its client has not heard. */
  readonly unheard?: string;
  /** One of another client. */
  readonly newer?: { readonly id: string; readonly key: string };
}

const fixtures = fileURLToPath(new URL('../../fixtures/data-folders/', import.meta.url));
const folders = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'data')));
const formats = {
  'deliveries.db': deliveryFormat,
  'history.db': historyFormat,
  'messages.db': messageFormat,
  'idempotency.db': idempotencyFormat,
};
const library = faketimeLibrary();
if (!library && (process.env.CI === 'true' || process.env.CI === '1'))
  throw new Error('libfaketime (Debian: faketime) is not installed.');
const timed = library ? test : test.skip;

let server: ServerProcess | undefined;
let time: FakedTime | undefined;
let client: Client | undefined;
const copies: string[] = [];
afterEach(async () => {
  client?.drop();
  await server?.close();
  await time?.close();
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true, force: true });
});

/** A copy of a fixture's data folder, to be changed. */
function copyOf(name: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'housecount-folder-'));
  copies.push(copy);
  cpSync(join(fixtures, name, 'data'), copy, { recursive: true });
  return copy;
}

const expectedOf = (name: string): Expected =>
  JSON.parse(readFileSync(join(fixtures, name, 'expected.json'), 'utf8'));

/** A GET, or a POST of `body`, that succeeds. */
async function rest(path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${server?.url}/v1/apps/${testApp.id}${path}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: testAuthorization, 'content-type': 'application/json', ...headers },
  });
  const text = await response.text();
  expect({ path, status: response.status, text: response.ok ? '' : text }).toEqual({
    path,
    status: 200,
    text: '',
  });
  return { json: JSON.parse(text), headers: response.headers };
}

/** The server on such a folder, a few seconds after the other one ended. */
async function startOn(dataDir: string, atMs: number): Promise<number> {
  const aheadSeconds = Math.round((atMs - Date.now()) / 1_000) + 5;
  time = await fakedTime(library ?? '', aheadSeconds);
  server = await startServerProcess(
    { dataDir, leases: { rtcMs: 60_000, signalingMs: 60_000, recoveryMs: 60_000 } },
    time.environment,
  );
  return aheadSeconds;
}

describe('folders of older versions', () => {
  for (const name of folders)
    timed(`DATA1: ${name}: everything that it held is there`, async () => {
      const expected = expectedOf(name);
      const dataDir = copyOf(name);
      const aheadSeconds = await startOn(dataDir, expected.atMs);
      const { channel, sid } = expected;

      const roster = (await rest(`/channels/${channel}/roster`)).json;
      expect(roster.members).toMatchObject(expected.members);
      expect(roster.sid).toBe(sid);
      const events = (await rest(`/channels/${channel}/events?sid=${sid}&after=0&limit=1000`)).json.events;
      expect(events).toMatchObject(expected.events);
      expect((await rest('/endpoints')).json.endpoints).toMatchObject(
        expected.endpoints.filter(({ description }) => description === 'made over REST'),
      );

      const { deliveries } = (await rest('/deliveries?limit=200')).json;
      const summary = ({ endpoint, noticeId, status }: Expected['deliveries'][number]) =>
        [endpoint, noticeId, status].join(' ');
      expect(deliveries.map(summary)).toEqual(expected.deliveries.map(summary));
      for (const delivery of expected.deliveries)
        expect((await rest(`/deliveries/${delivery.endpoint}/${delivery.noticeId}`)).json).toEqual(delivery);
      const givenUp = expected.deliveries.filter(({ status }) => status === 'given-up').length;
      const metrics = await fetch(`${server?.url}/metrics`, {
        headers: { authorization: testAuthorization },
      });
      expect(await metrics.text()).toContain(`\nhousecount_notify_dead_letters ${givenUp}\n`);

      expect((await rest('/channels/lobby/messages')).json.messages).toEqual(expected.messages);
      if (expected.key !== undefined) {
        const again = await rest(
          '/channels/lobby/messages',
          { publisher: 'ann', content: { text: 'keyed' }, storeInHistory: true },
          { 'idempotency-key': expected.key },
        );
        expect((await rest('/channels/lobby/messages')).json.messages).toEqual(expected.messages);
        expect(again.headers.get('idempotency-replayed')).toBe('true');
      }

      // A member who left comes back under the same uid.
      const left = expected.events.find(({ type }) => type === 'member-left');
      const token = buildRtcToken({
        appId: testApp.id,
        certificate: testApp.certificate,
        channel,
        identity: { account: left?.account ?? '' },
        role: 'audience',
        expireSeconds: 600,
        issuedSeconds: Math.floor(Date.now() / 1_000) + aheadSeconds,
        salt: 1,
      });
      client = await Client.join({
        url: server?.url ?? '',
        channel,
        account: left?.account ?? '',
        hello: { token },
      });
      expect(client.welcome?.uid).toBe(left?.uid ?? 0);
      // Whatever a host sent before: its media went through the server that ended.
      const hosts = expected.members.filter(({ role }) => role === 'broadcaster');
      expect(client.welcome?.hosts).toMatchObject(
        hosts.map(({ uid }) => ({ uid, audio: false, video: false })),
      );
    });

  timed(
    'DATA1, SIG198: users of signaling come back to a folder of a server that recorded less of their sessions',
    async () => {
      const { atMs, sessions } = expectedOf('signaling-sessions');
      if (!sessions) throw new Error('the folder has no sessions');
      const aheadSeconds = await startOn(copyOf('signaling-sessions'), atMs);
      const issuedSeconds = Math.floor(Date.now() / 1_000) + aheadSeconds;
      const { id: appId, certificate } = testApp;
      const come = async (userId: string, session: KeptSession['session'], attempt?: number) => {
        const token = buildSignalingToken({
          appId,
          certificate,
          userId,
          expireSeconds: 600,
          issuedSeconds,
          salt: 1,
        });
        const more = { token, session, ...(attempt !== undefined && { attempt }) };
        const user = SignalingClient.open(server?.url ?? '', userId, more, {});
        await user.until('an answer', () => user.frames.length > 0);
        return user;
      };
      const { dee, eve, fay, gus, hal } = sessions;
      for (const [userId, { session }] of Object.entries({ dee, eve }))
        expect((await come(userId, session)).welcome).toMatchObject({ resumed: false, session });
      expect((await come('fay', fay.session, 2)).all('closing')).toMatchObject([{ code: 'replaced' }]);
      expect((await come('fay', fay.session, 4)).welcome).toMatchObject({
        attempt: 4,
        session: fay.session,
      });
      // Which of these two was given another session instead the folder does not say: who is in no channel may have been.
      const [gone, other] = [await come('hal', hal.session, 2), await come('gus', gus.session, 2)];
      expect(gone.all('closing')).toMatchObject([{ code: 'replaced' }]);
      expect(other.welcome.session.id).not.toBe(gus.unheard ?? '');
      const kept = [hal.newer ?? hal.session, other.welcome.session] as const;
      expect((await come('hal', kept[0], 1)).welcome).toMatchObject({ session: { id: kept[0].id } });
      await server?.kill();
      await server?.restart();
      // From now on it does say.
      const again = await come('gus', gus.session, 3);
      expect(again.welcome.session.id).not.toBe(kept[1].id);
      expect((await come('hal', hal.session, 3)).all('closing')).toMatchObject([{ code: 'replaced' }]);
      expect((await come('hal', kept[0], 2)).welcome.session.id).toBe(kept[0].id);
    },
    120_000,
  );

  timed(
    'DATA12: a folder of before says, once a server has started on it, that older ones read it no more',
    async () => {
      const dataDir = copyOf('manifest-1');
      const textOf = () => readFileSync(join(dataDir, 'manifest'), 'utf8');
      expect(textOf()).toContain('"format":1,');
      await startOn(dataDir, expectedOf('manifest-1').atMs);
      expect(textOf()).toContain('"format":3,');
      const log = join(dataDir, 'log/main');
      const beginnings = readdirSync(log).map((name) => readFileSync(join(log, name), 'latin1').slice(0, 8));
      expect(beginnings.sort()).toEqual([...beginnings.slice(1).map(() => 'HCSEG001'), 'HCSEG002']);
    },
  );

  test('DATA1: there is a folder with each version of each file', () => {
    for (const [file, { migrations }] of Object.entries(formats)) {
      const versions = folders.flatMap((name) => {
        const path = join(copyOf(name), file);
        if (!existsSync(path)) return [];
        const database = new Database(path);
        const found = database.query<{ user_version: number }, []>('PRAGMA user_version').get();
        database.close();
        return [found?.user_version];
      });
      expect({ file, versions: [...new Set(versions)].sort() }).toEqual({
        file,
        versions: Array.from({ length: migrations.length + 1 }, (_, at) => at + 1),
      });
    }
  });

  test('DATA2: what was brought forward has the very tables of a new file', () => {
    for (const name of folders)
      for (const [file, format] of Object.entries(formats)) {
        const path = join(copyOf(name), file);
        if (!existsSync(path)) continue;
        const tablesOf = (at: string) => {
          openTables({ ...format, path: at, onOpening: () => {} }, (database) => database).close();
          const database = new Database(at);
          const rows = database
            .query<{ name: string; sql: string }, []>(
              // History keeps a mark that it makes itself.
              "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'forgotten' ORDER BY name",
            )
            .all();
          const tables = rows.map((row) => ({
            ...row,
            sql: row.sql
              .replaceAll(/\s+/g, ' ')
              .replaceAll(/ ?([(),]) ?/g, '$1')
              .replaceAll('"', ''),
          }));
          database.close();
          return tables;
        };
        const migrated = tablesOf(path);
        expect({ name, file, tables: migrated }).toEqual({ name, file, tables: tablesOf(`${path}.new`) });
      }
  });
});

describe('folders of newer versions', () => {
  test('DATA3: the start fails with the name of the file and both versions, and the folder stays as it was', async () => {
    for (const [file, { migrations }] of Object.entries(formats)) {
      const dataDir = copyOf('accounts-keyed');
      const raw = new Database(join(dataDir, file));
      raw.exec('PRAGMA user_version = 999');
      raw.close();
      const failure = await startServerProcess({ dataDir }).then(
        (started) => started.close(),
        (error: Error) => error.message,
      );
      expect(failure).toContain('data_newer');
      expect(failure).toContain(
        `${join(dataDir, file)} has version 999, and this server knows none after ${migrations.length + 1}`,
      );
      const after = new Database(join(dataDir, file));
      expect(after.query('PRAGMA user_version').get()).toEqual({ user_version: 999 });
      after.close();
    }
  }, 300_000);
});
