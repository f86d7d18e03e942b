import { expect, setDefaultTimeout, test } from 'bun:test';
import { liveKey } from '../../src/channel/channel.ts';
import type { Disk } from '../../src/engine/disk.ts';
import type { Send, SendRequest } from '../../src/notify/send/transport.ts';
import { runSchedule } from './schedule.ts';
import type { Sabotage } from './sim-machine.ts';
import { app } from './sim-op.ts';
import { keyOf, rosterOf, signalingOf } from './sim-signaling.ts';

// A hang ends the test; a slow machine does not.
setDefaultTimeout(300_000);

/** The totals of the schedules, added up as they run: the test that checks them is true only after all five hundred. */
const totals = {
  crashes: 0,
  resumes: 0,
  crossings: 0,
  givenUp: 0,
  streams: 0,
  links: 0,
  gaps: 0,
  changes: 0,
  holds: 0,
  lost: 0,
};
for (const first of [1, 101, 201, 301, 401]) {
  const last = first + 99;
  test(`LOG20: in schedules ${first} to ${last} of crashes, faults and restless clients nothing is lost, invented or told twice`, async () => {
    for (let seed = first; seed <= last; seed += 1) {
      const result = await runSchedule(seed);
      expect({ seed, violations: result.violations }).toEqual({ seed, violations: [] });
      totals.crashes += result.crashes;
      totals.resumes += result.resumes;
      totals.crossings += result.crossings;
      totals.givenUp += result.givenUp;
      totals.streams += result.streams;
      totals.links += result.links;
      totals.gaps += result.gaps;
      totals.changes += result.changes;
      totals.holds += result.holds;
      totals.lost += result.lost;
    }
  });
}

test('LOG20: the 500 schedules did have in them what they are for', () => {
  expect(totals.crashes).toBeGreaterThan(500);
  expect(totals.resumes).toBeGreaterThan(500);
  expect(totals.crossings).toBeGreaterThan(200);
  expect(totals.givenUp).toBeGreaterThan(20);
  expect(totals.streams).toBeGreaterThan(2_000);
  expect(totals.gaps).toBeGreaterThan(10);
  expect(totals.links).toBeGreaterThan(500);
  expect(totals.changes).toBeGreaterThan(2_000);
  expect(totals.holds).toBeGreaterThan(500);
  expect(totals.lost).toBeGreaterThan(20);
});

test('LOG20: a seed decides everything', async () => {
  for (let seed = 1; seed <= 20; seed += 1) expect(await runSchedule(seed)).toEqual(await runSchedule(seed));
});

/** Breaks something on purpose; the judges must say so, in words that fit. */
async function expectNoticed(sabotage: Sabotage, says: RegExp): Promise<void> {
  const noticed: string[] = [];
  for (let seed = 1; seed <= 600 && noticed.length < 3; seed += 1)
    noticed.push(...(await runSchedule(seed, sabotage)).violations.filter((each) => says.test(each)));
  expect(noticed.length).toBeGreaterThan(2);
}
const notices = (name: string, sabotage: Sabotage, says: RegExp): void =>
  test(`LOG21: the simulation notices ${name}`, () => expectNoticed(sabotage, says));

notices('a disk that only says it synced', { syncIsALie: true }, /acknowledged, and not in the log/);
const lobby = keyOf(signalingOf('lobby'));
notices(
  'metadata that is lost',
  {
    spoil: (log) => {
      const nothing = { items: [], majorRevision: -1, addTimeStamp: false, addUserId: false, lockName: '' };
      return log.submit(lobby, { type: 'change-metadata', mode: 'remove', author: 'nobody', ...nothing });
    },
  },
  /was \S+ at \d+ and is nothing$/,
);
notices(
  'a lock that is lost',
  {
    spoil: async (log) => {
      for (const { name, owner } of Object.values(log.known(lobby).locks))
        if (owner !== undefined) await log.submit(lobby, { type: 'revoke-lock', name, owner, by: 'nobody' });
    },
  },
  /the lock was theirs/,
);
notices(
  'states that are lost',
  {
    spoil: async (log) => {
      for (const { connectionId } of rosterOf(log, signalingOf('lobby')))
        await log.submit(lobby, { type: 'change-states', connectionId, set: {}, remove: 'all' });
    },
  },
  /nobody asked for these states/,
);
notices(
  'subscribers that are lost',
  {
    spoil: async (log) => {
      for (const { connectionId } of rosterOf(log, signalingOf('lobby')))
        await log.submit(lobby, { type: 'leave', connectionId, evidence: 'bye' });
    },
  },
  /~lobby .* it never said goodbye$/,
);
notices('absent members who are never shown', { withoutAbsent: true }, /is not shown \d+ ms after the start/);
notices('a recovery lease of nothing', { recoveryMs: 0 }, /refused within its lease/);
notices('streams that are said once', { withoutHold: true }, /sends .*, and nothing in the log/);
notices('links that are awaited for ever', { awaitsForEver: true }, /^presence: served .*; in truth/);
notices('proofs that name no attachment', { withoutAttachments: true }, /not said so over this attachment/);
notices(
  'links that nobody proved',
  {
    spoil: async (log) => {
      for (const { connectionId } of rosterOf(log, 'lobby'))
        await log.submit(liveKey(app, 'lobby'), { type: 'link', connectionId, userId: 'nobody' });
    },
  },
  /is known as nobody: its page has not said so/,
);
notices('a disk that is full at the cost of who comes back', { recoveryMs: 0 }, /, and that is too soon$/);
notices('a lease that is too short', { leaseMs: 2_000 }, /its lease runs/);
notices(
  'words that name no attachment',
  { withoutAttachments: true },
  /it never said goodbye$|its lease runs|it resumed after that/,
);
notices('tries that have no number', { withoutAttempts: true }, /its lease runs|it resumed after that/);
notices('cursors that are not kept', { wrapDisk: without('notify/cursors') }, /never told of/);
notices('a mark of life that is not written', { wrapDisk: without('alive') }, /the log says/);
let copies = 0;
notices(
  'a noticeId that is new for every attempt',
  {
    wrapSend: (send) => (request) => {
      copies += 1;
      return send({ ...request, body: request.body.replace(/"(noticeId|id)":"/, `"$1":"${copies}-`) });
    },
  },
  /told as .* and as /,
);
notices(
  'a notice that is dropped',
  {
    wrapSend: (send) => async (request) =>
      request.body.includes('"seq":7,') ? { answered: true, status: 200, excerpt: '' } : send(request),
  },
  /never told of .* 7$/,
);

test('SHAPE12: the simulation notices a notice with a field that its shape does not have', () =>
  expectNoticed(
    {
      wrapSend: (send) => (request) =>
        send({ ...request, body: request.body.replace('"seq":3,', '"seq":3,"more":1,') }),
    },
    /not as its shape: .*\.more$/,
  ));

notices('a notice that is overtaken', { wrapSend: overtaken }, /out of order/);

/** Holds back every other notice of uid 1, saying that it arrived, until the next notice of that uid has been sent. */
function overtaken(send: Send): Send {
  const held = new Map<string, SendRequest>();
  return async (request) => {
    const { url, body } = request;
    if (!body.includes('"uid":1,')) return send(request);
    const waiting = held.get(url);
    if (!waiting) {
      held.set(url, request);
      return { answered: true, status: 200, excerpt: '' };
    }
    const outcome = await send(request);
    held.delete(url);
    void send(waiting);
    return outcome;
  };
}

/** A disk that forgets one file whenever the process starts, and takes everything written to it. */
function without(forgotten: string): (disk: Disk) => Disk {
  return (disk) => {
    let begun = false;
    return {
      ...disk,
      async read(path) {
        const isFirst = path === forgotten && !begun;
        if (isFirst) begun = true;
        return isFirst ? undefined : disk.read(path);
      },
    };
  };
}
