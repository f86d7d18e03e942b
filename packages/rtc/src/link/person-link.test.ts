import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ProofFor, showLogin } from '@housecount/link';
import { FakeTime } from '@housecount/link/testing/fake-time.ts';
import { PersonLink } from './person-link.ts';

const documentBefore = Object.getOwnPropertyDescriptor(globalThis, 'document');
const app = 'a'.repeat(32);
let time: FakeTime;
/** What the server was told: each proof, or undefined that none comes. */
let told: (string | undefined)[];
/** The server's answer to the next proof, and to all after it. */
let answer: (proof?: string) => Promise<{ nonce?: string }>;
let person: PersonLink;
let hides: (() => void)[];
beforeEach(() => {
  Object.defineProperty(globalThis, 'document', { value: {}, configurable: true });
  time = new FakeTime();
  told = [];
  hides = [];
  answer = async (proof) => (proof === undefined ? {} : { nonce: `after ${proof}` });
  person = made();
});
afterEach(() => {
  person.end();
  for (const hide of hides) hide();
  if (documentBefore) Object.defineProperty(globalThis, 'document', documentBefore);
  else Reflect.deleteProperty(globalThis, 'document');
});

const made = (server = 'http://server.test'): PersonLink =>
  new PersonLink({
    server,
    app,
    surroundings: time,
    tell: (proof) => {
      told.push(proof);
      return answer(proof);
    },
  });
const login = (proofFor: ProofFor): (() => void) => {
  const hide = showLogin(app, proofFor);
  hides.push(hide);
  return hide;
};
const user =
  (name: string): ProofFor =>
  async (nonce) =>
    `${name} ${nonce}`;

test('SDK110: the login that there is when a client joins is announced, and asked for a proof about the nonce of the welcome', async () => {
  expect(person.announce()).toBe(false);
  login(user('ann'));
  expect(person.announce()).toBe(true);
  person.welcomed({ nonce: 'n1' }, false);
  await time.settle();
  expect(told).toEqual(['ann n1']);
  await time.pass(60_000);
  expect(told).toEqual(['ann n1']);
  expect(time.timers).toBe(0);
});

test('SDK110: of two logins, and of none, nobody is asked and nothing is announced', async () => {
  person.welcomed({ nonce: 'n1' }, false);
  login(user('ann'));
  login(user('bob'));
  await time.settle();
  expect(person.announce()).toBe(false);
  // Ann was the only one for a moment; what she would have proved is not sent.
  expect(told).toEqual([]);
});

test('SDK111: a login that comes later is asked then, and so is the one that is left of several', async () => {
  person.welcomed({ nonce: 'n1' }, false);
  await time.settle();
  expect(told).toEqual([]);
  const hide = login(user('ann'));
  await time.settle();
  expect(told).toEqual(['ann n1']);
  login(user('bob'));
  await time.settle();
  expect(told).toEqual(['ann n1']);
  hide();
  await time.settle();
  expect(told).toEqual(['ann n1', 'bob after ann n1']);
});

test('SDK111: who logs in while a proof is on its way is asked for one about the nonce that its answer brings', async () => {
  let arrive: (ok: { nonce?: string }) => void = () => undefined;
  answer = (proof) =>
    proof === 'ann n1' ? new Promise((resolve) => (arrive = resolve)) : Promise.resolve({ nonce: 'n3' });
  const hide = login(user('ann'));
  person.announce();
  person.welcomed({ nonce: 'n1' }, false);
  await time.settle();
  hide();
  login(user('bob'));
  await time.settle();
  expect(told).toEqual(['ann n1']);
  arrive({ nonce: 'n2' });
  await time.settle();
  expect(told).toEqual(['ann n1', 'bob n2']);
});

test('SDK111: a logout asks nobody, and the same login after it neither: the member is that user still', async () => {
  const ann = user('ann');
  login(ann)();
  const hide = login(ann);
  person.welcomed({ nonce: 'n1' }, false);
  await time.settle();
  hide();
  login(ann);
  await time.settle();
  expect(told).toEqual(['ann n1']);
});

test('SDK111: over a resume the login that linked is not asked again; one of which the server does not know yet is', async () => {
  const hide = login(user('ann'));
  person.announce();
  person.welcomed({ nonce: 'n1' }, false);
  await time.settle();
  person.lost();
  person.announce();
  person.welcomed({ nonce: 'n2', userId: 'ann' }, true);
  await time.settle();
  expect(told).toEqual(['ann n1']);
  // Another user logged in while the connection was away.
  person.lost();
  hide();
  login(user('bob'));
  await time.settle();
  person.announce();
  person.welcomed({ nonce: 'n3', userId: 'ann' }, true);
  await time.settle();
  expect(told).toEqual(['ann n1', 'bob n3']);
  // The server was put back to before the link; or it is another membership.
  person.welcomed({ nonce: 'n4' }, true);
  await time.settle();
  person.welcomed({ nonce: 'n5', userId: 'bob' }, false);
  await time.settle();
  expect(told).toEqual(['ann n1', 'bob n3', 'bob n4', 'bob n5']);
});

test('SDK111: a proof that was under way when the connection was lost is not sent on the next one, which has another nonce', async () => {
  const asked: string[] = [];
  let give: (proof: string) => void = () => undefined;
  login((nonce) => {
    asked.push(nonce);
    return new Promise((resolve) => (give = resolve));
  });
  person.announce();
  person.welcomed({ nonce: 'n1' }, false);
  const giveFirst = give;
  person.lost();
  person.announce();
  person.welcomed({ nonce: 'n2' }, true);
  giveFirst('about n1');
  await time.settle();
  expect(told).toEqual([]);
  give('about n2');
  await time.settle();
  expect(told).toEqual(['about n2']);
  expect(asked).toEqual(['n1', 'n2']);
  expect(time.timers).toBe(0);
});

for (const [what, proofFor] of [
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no'))],
  ['gives no text', () => Promise.resolve(7)],
  ['gives no promise', () => undefined],
] as const)
  test(`SDK112: where the login ${what}, the server is told once that no link comes`, async () => {
    login(proofFor as unknown as ProofFor);
    person.announce();
    person.welcomed({ nonce: 'n1' }, false);
    await time.pass(60_000);
    expect(told).toEqual([undefined]);
    expect(time.timers).toBe(0);
  });

test('SDK112: a login that hangs is waited for 1.5 s; a proof that comes later is sent all the same', async () => {
  let give: (proof: string) => void = () => undefined;
  login(() => new Promise((resolve) => (give = resolve)));
  person.announce();
  person.welcomed({ nonce: 'n1' }, false);
  await time.pass(1_499);
  expect(told).toEqual([]);
  await time.pass(1);
  expect(told).toEqual([undefined]);
  give('late');
  await time.settle();
  expect(told).toEqual([undefined, 'late']);
});

test('SDK112: where a proof is refused the server is told that no link comes, and the login is not asked again until logins change', async () => {
  answer = async (proof) => {
    if (proof !== undefined) throw new Error('link_proof_invalid');
    return {};
  };
  login(user('ann'));
  person.announce();
  person.welcomed({ nonce: 'n1' }, false);
  await time.settle();
  expect(told).toEqual(['ann n1', undefined]);
  login(user('bob'))();
  await time.settle();
  expect(told).toEqual(['ann n1', undefined, 'ann n1']);
});

test('SDK112: who was announced and has logged out, or is one of two by then, is told to come no more', async () => {
  const hide = login(user('ann'));
  person.announce();
  hide();
  person.welcomed({ nonce: 'n1' }, false);
  expect(told).toEqual([undefined]);
  login(user('ann'));
  person.announce();
  login(user('bob'));
  person.welcomed({ nonce: 'n2' }, false);
  await time.settle();
  expect(told).toEqual([undefined, undefined]);
});

test('SDK112: that no link comes is said where one was announced alone, and a refusal of that is nothing', async () => {
  answer = () => Promise.reject(new Error('link_disabled'));
  person.welcomed({ nonce: 'n1' }, false);
  login(() => Promise.reject(new Error('no')));
  await time.settle();
  expect(told).toEqual([]);
  person.announce();
  person.welcomed({ nonce: 'n2', userId: 'ann' }, true);
  await time.settle();
  expect(told).toEqual([]);
  person.announce();
  person.welcomed({ nonce: 'n3' }, false);
  await time.settle();
  expect(told).toEqual([undefined]);
});

test('SDK112: a client that has left asks nobody, and leaves no timer and no watcher', async () => {
  login(() => new Promise(() => undefined));
  person.announce();
  person.welcomed({ nonce: 'n1' }, false);
  person.end();
  await time.pass(60_000);
  for (const hide of hides) hide();
  login(user('ann'));
  await time.settle();
  expect(told).toEqual([]);
  expect(time.timers).toBe(0);
});

test('SDK112: a client watches the page from its first welcome until it leaves', () => {
  let watchers = 0;
  const place = Symbol.for('housecount.page');
  const before = Object.getOwnPropertyDescriptor(globalThis, place);
  const value = {
    add: () => undefined,
    only: () => undefined,
    settle: async () => undefined,
    watch: () => {
      watchers += 1;
      return () => (watchers -= 1);
    },
  };
  Object.defineProperty(globalThis, place, { value, configurable: true });
  const other = made();
  expect(watchers).toBe(0);
  other.welcomed({ nonce: 'n1' }, false);
  other.lost();
  other.welcomed({ nonce: 'n2' }, true);
  expect(watchers).toBe(1);
  other.end();
  expect(watchers).toBe(0);
  Reflect.deleteProperty(globalThis, place);
  if (before) Object.defineProperty(globalThis, place, before);
});

test('SDK113: a server without links in its welcome is asked nothing', async () => {
  login(user('ann'));
  person.announce();
  person.welcomed(undefined, false);
  login(user('bob'))();
  await time.pass(60_000);
  expect(told).toEqual([]);
});

test('SDK113: a link that made a server refuse the hello is not announced there again, by any client of the page', async () => {
  const older = made('http://older.test');
  expect(older.withdraw()).toBe(false);
  login(user('ann'));
  expect(older.announce()).toBe(true);
  expect(older.withdraw()).toBe(true);
  expect(older.announce()).toBe(false);
  expect(older.withdraw()).toBe(false);
  expect(made('http://older.test').announce()).toBe(false);
  expect(person.announce()).toBe(true);
  // Welcomed, it was not the hello that was refused.
  person.welcomed({ nonce: 'n1' }, false);
  expect(person.withdraw()).toBe(false);
});
