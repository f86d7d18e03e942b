import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { onPageEnd, type PageEnd } from './page-end.ts';

const page = Object.assign(new EventTarget(), { navigation: new EventTarget() });
const ends: PageEnd[] = [];
let stop: () => void;

beforeAll(() => {
  Object.assign(globalThis, { window: page });
  stop = onPageEnd((end) => ends.push(end));
});
afterAll(() => {
  stop();
  Reflect.deleteProperty(globalThis, 'window');
});
beforeEach(() => {
  ends.splice(0);
  page.navigation.dispatchEvent(new Event('navigateerror'));
});

const hide = (): PageEnd | undefined => {
  page.dispatchEvent(new Event('pagehide'));
  return ends.at(-1);
};
const navigate = (over: object): void => {
  const event = new Event('navigate');
  const usual = {
    navigationType: 'push',
    hashChange: false,
    downloadRequest: null,
    destination: { sameDocument: false },
  };
  page.navigation.dispatchEvent(Object.assign(event, usual, over));
};
const press = (key: string, over: object = {}): void => {
  const event = new Event('keydown');
  for (const [name, value] of Object.entries({
    key,
    ctrlKey: false,
    metaKey: false,
    ...over,
  }))
    Object.defineProperty(event, name, { value });
  page.dispatchEvent(event);
};

test('SDK10: a page that goes away without a word may be closed or reloaded', () => {
  expect(hide()).toBe('unknown');
});

test('SDK10: a reload by script and a move to another page announce themselves', () => {
  navigate({ navigationType: 'reload' });
  expect(hide()).toBe('reload');
  navigate({});
  expect(hide()).toBe('away');
  navigate({ navigationType: 'traverse' });
  expect(hide()).toBe('away');
});

test('SDK10: a navigation within the page, a download, or a move that failed announces nothing', () => {
  navigate({ destination: { sameDocument: true } });
  navigate({ hashChange: true });
  navigate({ downloadRequest: 'file' });
  expect(hide()).toBe('unknown');
  navigate({ navigationType: 'reload' });
  page.navigation.dispatchEvent(new Event('navigateerror'));
  expect(hide()).toBe('unknown');
});

for (const [key, over, end] of [
  ['F5', {}, 'reload'],
  ['r', { ctrlKey: true }, 'reload'],
  ['R', { metaKey: true }, 'reload'],
  ['r', {}, 'unknown'],
  ['F6', {}, 'unknown'],
] as const)
  test(`SDK10: after the key ${key} ${JSON.stringify(over)} the page end is ${end}`, () => {
    press(key, over);
    expect(hide()).toBe(end);
  });

test('SDK10: a listener that was removed hears nothing', () => {
  stop();
  expect(hide()).toBeUndefined();
  stop = onPageEnd((end) => ends.push(end));
  expect(hide()).toBe('unknown');
});
