import { expect, test } from 'bun:test';
import { settle } from '../../../test/simulation/sim-clock.ts';
import { done, refused, type SignalingAnswer } from '../names/answer.ts';
import { lockTakenCode } from './lock-requests.ts';
import { LockWaiters } from './lock-waiters.ts';

/** A lock that one of several may have; attempts are decided at once and answered a turn later, as by the log. */
class Lock {
  owner: string | undefined;
  readonly attempts: string[] = [];
  readonly released: string[] = [];

  acquire(by: string): () => Promise<SignalingAnswer> {
    return async () => {
      this.attempts.push(by);
      const isFree = this.owner === undefined;
      if (isFree) this.owner = by;
      await settle();
      return isFree ? done() : refused(lockTakenCode, 'Taken.');
    };
  }

  release(): void {
    this.released.push(this.owner ?? '');
    this.owner = undefined;
  }
}
const never = new AbortController().signal;
const isHere = () => true;

test('SIG8: who waits for a lock has it when it is freed, one of them', async () => {
  const waiters = new LockWaiters();
  const lock = new Lock();
  lock.owner = 'ann';
  const got: string[] = [];
  for (const by of ['bob', 'cid'])
    void waiters
      .wait('l', lock.acquire(by), { userId: 'ann', isHere, signal: never, release: () => lock.release() })
      .then(({ ok }) => got.push(`${by} ${ok}`));
  await settle();
  await settle();
  expect(got).toEqual([]);
  expect(waiters.size).toBe(2);
  lock.release();
  waiters.freed('l');
  await settle();
  await settle();
  expect(got).toEqual(['bob true']);
  lock.release();
  waiters.freed('l');
  await settle();
  await settle();
  expect(got).toEqual(['bob true', 'cid true']);
  expect(waiters.size).toBe(0);
});

test('SIG8: what is freed while an attempt is under way is not missed', async () => {
  const waiters = new LockWaiters();
  const lock = new Lock();
  lock.owner = 'ann';
  let answer: SignalingAnswer | undefined;
  void waiters
    .wait('l', lock.acquire('bob'), { userId: 'ann', isHere, signal: never, release: () => lock.release() })
    .then((given) => {
      answer = given;
    });
  // Decided already, and not answered yet.
  expect(lock.attempts).toEqual(['bob']);
  lock.release();
  waiters.freed('l');
  for (let turns = 0; turns < 4; turns += 1) await settle();
  expect(answer?.ok).toBeTrue();
});

test('SIG8: who gives up gets no lock, not even one that comes too late', async () => {
  const waiters = new LockWaiters();
  const lock = new Lock();
  const giving = new AbortController();
  const waiting = waiters.wait('l', lock.acquire('bob'), {
    userId: 'ann',
    isHere,
    signal: giving.signal,
    release: () => lock.release(),
  });
  giving.abort();
  expect(await waiting).toMatchObject({ ok: false, code: -14001 });
  await settle();
  await settle();
  expect(lock.released).toEqual(['bob']);
  expect(waiters.size).toBe(0);
  expect(
    await waiters.wait('l', lock.acquire('cid'), {
      userId: 'ann',
      isHere,
      signal: giving.signal,
      release: () => {},
    }),
  ).toMatchObject({
    ok: false,
  });
  expect(lock.attempts).toEqual(['bob']);
});

test('SIG8: a lock that comes too late stays with who asked for it again and has it, and is given back by who has not', async () => {
  for (const isHad of [true, false]) {
    const waiters = new LockWaiters();
    const lock = new Lock();
    const giving = new AbortController();
    void waiters.wait('l', lock.acquire('bob'), {
      userId: 'bob',
      isHere,
      signal: giving.signal,
      release: () => lock.release(),
    });
    giving.abort();
    let decide = (_: SignalingAnswer): void => {};
    const decided = new Promise<SignalingAnswer>((resolve) => {
      decide = resolve;
    });
    void waiters.attempt('l', 'bob', () => decided);
    void waiters.attempt('l', 'cid', async () => done());
    for (let turns = 0; turns < 3; turns += 1) await settle();
    expect(lock.released).toEqual([]);
    decide(isHad ? done() : refused(-14001, 'The server could not do it.'));
    await settle();
    expect(lock.released).toEqual(isHad ? [] : ['bob']);
  }
});

test('SIG8: of a thousand who wait one is tried at a time; when the lock is no more all are told', async () => {
  const waiters = new LockWaiters();
  const lock = new Lock();
  lock.owner = 'ann';
  let exists = true;
  const answers: SignalingAnswer[] = [];
  for (let at = 0; at < 1_000; at += 1) {
    const acquire = lock.acquire(`user ${at}`);
    const attempt = async () => (exists ? acquire() : refused(-14008, 'There is no lock of that name.'));
    void waiters
      .wait('l', attempt, { userId: 'ann', isHere, signal: never, release: () => {} })
      .then((answer) => answers.push(answer));
  }
  await settle();
  await settle();
  lock.attempts.length = 0;
  waiters.freed('l');
  await settle();
  await settle();
  expect(lock.attempts).toEqual(['user 0']);
  exists = false;
  waiters.removed('l');
  await settle();
  expect(answers).toHaveLength(1_000);
  expect(waiters.size).toBe(0);
});

test('SIG8: one who gives up in its turn does not keep the next from it', async () => {
  const waiters = new LockWaiters();
  const lock = new Lock();
  lock.owner = 'ann';
  const giving = new AbortController();
  const release = () => lock.release();
  void waiters.wait('l', lock.acquire('bob'), { userId: 'ann', isHere, signal: giving.signal, release });
  let got: SignalingAnswer | undefined;
  void waiters
    .wait('l', lock.acquire('cid'), { userId: 'ann', isHere, signal: never, release })
    .then((answer) => {
      got = answer;
    });
  await settle();
  await settle();
  // Bob is tried, is refused because it is taken in time, and gives up before he knows; then it is free.
  waiters.freed('l');
  giving.abort();
  lock.release();
  for (let turns = 0; turns < 5; turns += 1) await settle();
  expect(got?.ok).toBeTrue();
});

test('SIG140: a lock that is freed goes to who is there, before those who waited for longer and are away', async () => {
  const waiters = new LockWaiters();
  const lock = new Lock();
  lock.owner = 'ann';
  const here = new Set(['cid']);
  const got: string[] = [];
  for (const userId of ['bob', 'cid', 'dan'])
    void waiters
      .wait('l', lock.acquire(userId), {
        userId,
        isHere: () => here.has(userId),
        signal: never,
        release: () => lock.release(),
      })
      .then(() => got.push(userId));
  const free = async () => {
    lock.release();
    waiters.freed('l');
    for (let turns = 0; turns < 3; turns += 1) await settle();
  };
  for (let turns = 0; turns < 3; turns += 1) await settle();
  await free();
  expect(got).toEqual(['cid']);
  await free();
  expect(got).toEqual(['cid']);
  here.add('bob');
  waiters.freed('l');
  for (let turns = 0; turns < 3; turns += 1) await settle();
  expect(got).toEqual(['cid', 'bob']);
});

test('SIG8: whose attempt fails for another reason leaves the lock to the next', async () => {
  const waiters = new LockWaiters();
  const lock = new Lock();
  lock.owner = 'ann';
  let isWritable = true;
  const acquire = lock.acquire('bob');
  const attempt = async () => (isWritable ? acquire() : refused(-14001, 'The server could not do it.'));
  const bob = waiters.wait('l', attempt, { userId: 'bob', isHere, signal: never, release: () => {} });
  const cid = waiters.wait('l', lock.acquire('cid'), {
    userId: 'cid',
    isHere,
    signal: never,
    release: () => {},
  });
  for (let turns = 0; turns < 3; turns += 1) await settle();
  isWritable = false;
  lock.release();
  waiters.freed('l');
  expect(await bob).toMatchObject({ code: -14001 });
  expect(await cid).toMatchObject({ ok: true });
});

test('SIG8: any other answer ends the waiting', async () => {
  const waiters = new LockWaiters();
  const gone = async () => refused(-14008, 'There is no lock of that name.');
  expect(
    await waiters.wait('l', gone, { userId: 'ann', isHere, signal: never, release: () => {} }),
  ).toMatchObject({
    code: -14008,
  });
  expect(waiters.size).toBe(0);
});
