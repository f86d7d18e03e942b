import { afterEach, beforeEach, expect, test } from 'bun:test';
import type * as PageLogins from './page-logins.ts';
import { onlyLogin, settleLogins, showLogin, watchLogins } from './page-logins.ts';

const place = Symbol.for('housecount.page');
const page = globalThis as { [place]?: unknown };
const put = (value: unknown): void => {
  Object.defineProperty(globalThis, place, { value, configurable: true });
};

/** Another bundle of the page, with the same module in it. */
const elsewhere: typeof PageLogins = await import(`${import.meta.dir}/page-logins.ts?another-bundle`);
const ann = async (nonce: string): Promise<string> => `ann ${nonce}`;
const look = async (): Promise<void> => undefined;
const bob = async (nonce: string): Promise<string> => `bob ${nonce}`;

const documentBefore = Object.getOwnPropertyDescriptor(globalThis, 'document');
beforeEach(() => {
  delete page[place];
  Object.defineProperty(globalThis, 'document', { value: {}, configurable: true });
});
afterEach(() => {
  delete page[place];
  if (documentBefore) Object.defineProperty(globalThis, 'document', documentBefore);
  else Reflect.deleteProperty(globalThis, 'document');
});

test('LINK13: separate bundles of a page find the login of each other, of the same app alone', async () => {
  expect(elsewhere.showLogin).not.toBe(showLogin);
  const hide = showLogin('app', ann);
  expect(await elsewhere.onlyLogin('app')?.('nonce')).toBe('ann nonce');
  expect(elsewhere.onlyLogin('another app')).toBeUndefined();
  hide();
  hide();
  expect(elsewhere.onlyLogin('app')).toBeUndefined();
});

test('LINK13: nothing of a login can be read or listed on the page, and nothing can be put in its place', () => {
  showLogin('app', ann);
  const shared = page[place] as object;
  expect(Object.getOwnPropertyDescriptor(globalThis, place)).toMatchObject({
    enumerable: false,
    writable: false,
  });
  expect(Object.isFrozen(shared)).toBe(true);
  const values = Object.entries(Object.getOwnPropertyDescriptors(shared)).map(([name, { value }]) => [
    name,
    typeof value === 'function' ? 'function' : value,
  ]);
  expect(Object.fromEntries(values)).toEqual({
    version: 1,
    add: 'function',
    only: 'function',
    watch: 'function',
    settle: 'function',
  });
  expect(Reflect.ownKeys(shared)).toHaveLength(5);
});

test('LINK13: without a document there is no page', () => {
  Reflect.deleteProperty(globalThis, 'document');
  showLogin('app', ann);
  watchLogins('app', look);
  expect(onlyLogin('app')).toBeUndefined();
  expect(settleLogins('app')).toBeUndefined();
  expect(place in globalThis).toBe(false);
});

test('LINK13: looking makes nothing', () => {
  expect(onlyLogin('app')).toBeUndefined();
  expect(settleLogins('app')).toBeUndefined();
  expect(place in globalThis).toBe(false);
});

const throws = (): never => {
  throw new Error('no');
};
for (const [what, value] of [
  ['null', null],
  ['a text', 'no'],
  ['another object', { add: () => undefined }],
  ['one that throws', { add: throws, only: throws, watch: throws, settle: throws }],
  ['one that throws when it is looked at', new Proxy({}, { get: throws })],
  [
    'one that gives back what it should not',
    { add: () => 1, only: () => 'x', watch: () => null, settle: () => 7 },
  ],
  [
    'one whose functions throw when they end',
    {
      add: () => throws,
      only: () => undefined,
      watch: () => throws,
      settle: () => Promise.reject(new Error('no')),
    },
  ],
] as const)
  test(`LINK13: what is on the page and is not ours is left alone, and harms nobody: ${what}`, async () => {
    put(value);
    const hide = showLogin('app', ann);
    const stop = watchLogins('app', look);
    await settleLogins('app');
    expect(onlyLogin('app')).toBeUndefined();
    hide();
    stop();
    expect(Object.getOwnPropertyDescriptor(globalThis, place)?.value).toBe(value);
  });

test('LINK13: the object of a later version, that has more, is used', () => {
  const added: unknown[] = [];
  put({
    version: 7,
    add: (app: string) => added.push(app),
    only: () => bob,
    watch: () => () => 1,
    settle: async () => added.push('settled'),
    more: {},
  });
  void settleLogins('app');
  showLogin('app', ann);
  expect(added).toEqual(['settled', 'app']);
  expect(onlyLogin('app')).toBe(bob);
});

test('LINK14: a login is to be had while it is the only one of its app', () => {
  const hideAnn = showLogin('app', ann);
  expect(onlyLogin('app')).toBe(ann);
  const hideBob = elsewhere.showLogin('app', bob);
  expect(onlyLogin('app')).toBeUndefined();
  hideAnn();
  expect(onlyLogin('app')).toBe(bob);
  hideBob();
  expect(onlyLogin('app')).toBeUndefined();
});

test('LINK14: who watches an app hears of each change of its logins, and one that throws harms nobody', () => {
  const heard: (typeof ann | undefined)[] = [];
  watchLogins('app', throws);
  const hears = async (): Promise<void> => {
    heard.push(onlyLogin('app'));
  };
  const stop = elsewhere.watchLogins('app', hears);
  watchLogins('another app', hears);
  const hideAnn = showLogin('app', ann);
  const hideBob = showLogin('app', bob);
  hideAnn();
  hideAnn();
  expect(heard).toEqual([ann, undefined, bob]);
  stop();
  hideBob();
  expect(heard).toHaveLength(3);
});

test('LINK14: a login can wait until all who watch it have done what follows from it, whoever of them fails', async () => {
  let done: () => void = () => undefined;
  let settled = false;
  elsewhere.watchLogins('app', () => new Promise((resolve) => (done = resolve)));
  watchLogins('app', throws);
  watchLogins('app', () => Promise.reject(new Error('no')));
  watchLogins('another app', () => new Promise(() => undefined));
  showLogin('app', ann);
  const all = settleLogins('app')?.then(() => (settled = true));
  await Bun.sleep(0);
  expect(settled).toBe(false);
  done();
  await all;
  expect(settled).toBe(true);
});
