// The SQLite store of @housecount/webhook, as it is built, over the SQLite that Node brings.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const sqlite = await import('node:sqlite').catch(() => undefined);
const skip =
  sqlite === undefined && `Node ${process.versions.node} has no node:sqlite: Node 22.13 or later has it`;
const built = fileURLToPath(new URL('../../packages/webhook/dist/index.js', import.meta.url));

/** @typedef {(path: string) => import('node:sqlite').DatabaseSync} Open */

async function withFile(/** @type {(path: string, open: Open) => Promise<void>} */ use) {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-node-sqlite-'));
  /** @type {import('node:sqlite').DatabaseSync[]} */
  const databases = [];
  try {
    await use(join(folder, 'rosters.db'), (/** @type {string} */ path) => {
      const database = new /** @type {typeof import('node:sqlite')} */ (sqlite).DatabaseSync(path);
      database.exec('PRAGMA busy_timeout = 20000');
      databases.push(database);
      return database;
    });
  } finally {
    for (const database of databases) database.close();
    await rm(folder, { recursive: true });
  }
}
const place = { productId: 1, notifyMs: 1, sid: 'S' };
const opened = JSON.stringify({
  ...place,
  noticeId: 'S:1:101',
  eventType: 101,
  payload: { channelName: 'x', ts: 1, seq: 1, count: 0 },
});
const joined = (/** @type {number} */ uid) =>
  JSON.stringify({
    ...place,
    noticeId: `S:${uid + 1}:105`,
    eventType: 105,
    payload: {
      channelName: 'x',
      ts: 1,
      uid,
      account: `ä"\n${uid}`,
      clientSeq: uid,
      platform: 7,
      seq: uid + 1,
      count: uid,
    },
  });

test('HOOK128: over node:sqlite, of two who save over the same version one does', { skip }, () =>
  withFile(async (/** @type {string} */ path, /** @type {Open} */ open) => {
    const { sqliteStore } = await import(built);
    const [one, two] = [sqliteStore(open(path)), sqliteStore(open(path))];
    const nobody = { mode: 'numbered', lives: [], ended: [] };
    assert.equal(await one.load('k'), undefined);
    assert.equal(await one.save('k', nobody, 0), true);
    assert.equal(await two.save('k', nobody, 0), false);
    assert.equal(await two.save('k', nobody, 2), false);
    assert.deepEqual({ ...(await two.load('k')) }, { value: JSON.stringify(nobody), version: 1 });
    assert.equal(await two.save('k', nobody, 1), true);
    assert.equal(await one.save('k', nobody, 1), false);
    assert.equal((await one.load('k')).version, 2);
  }),
);

test(
  'HOOK128: over node:sqlite, two processes that share a file agree, and what they saved is read back',
  { skip },
  () =>
    withFile(async (/** @type {string} */ path, /** @type {Open} */ open) => {
      const { Roster, sqliteStore } = await import(built);
      const script = `
      import { DatabaseSync } from 'node:sqlite';
      import { createInterface } from 'node:readline';
      import { Roster, parseNotice, sqliteStore } from ${JSON.stringify(built)};
      const database = new DatabaseSync(${JSON.stringify(path)});
      database.exec('PRAGMA busy_timeout = 20000');
      const roster = new Roster({ store: sqliteStore(database) });
      for await (const line of createInterface({ input: process.stdin })) await roster.take(parseNotice(line));
      database.close();
    `;
      const bodies = [opened, ...Array.from({ length: 80 }, (_, index) => joined(index + 1))];
      // The even ones backwards, the odd ones forwards: each process waits for what the other has.
      const halves = [
        bodies.filter((_, index) => index % 2 === 0).toReversed(),
        bodies.filter((_, index) => index % 2 === 1),
      ];
      const statuses = await Promise.all(
        halves.map(async (half) => {
          const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', script], {
            stdio: ['pipe', 'inherit', 'inherit'],
          });
          child.stdin.end(half.map((body) => `${body}\n`).join(''));
          const [status] = await once(child, 'close');
          return status;
        }),
      );
      assert.deepEqual(statuses, [0, 0]);
      const view = await new Roster({ store: sqliteStore(open(path)) }).view('x');
      assert.deepEqual([view.sid, view.seq, view.count, view.waitingFor], ['S', 81, 80, undefined]);
      assert.equal(view.members.find((/** @type {{ uid: number }} */ { uid }) => uid === 7).account, 'ä"\n7');
    }),
);

test('HOOK128: over node:sqlite, a file that is no database is an error, and no roster', { skip }, () =>
  withFile(async (/** @type {string} */ path, /** @type {Open} */ open) => {
    const { sqliteStore } = await import(built);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, 'not a database, and longer than a header of one would be'.repeat(40));
    assert.throws(() => sqliteStore(open(path)));
  }),
);
