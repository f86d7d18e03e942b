import { afterEach, beforeEach, expect, test } from 'bun:test';
import { watchPage } from './page.ts';

let page: EventTarget & { document: EventTarget };
let told: string[];
let stop: () => void;

beforeEach(() => {
  page = Object.assign(new EventTarget(), { document: new EventTarget() });
  Object.assign(globalThis, { window: page });
  told = [];
  stop = watchPage({ onBack: () => told.push('back'), onLeft: () => told.push('left') });
});
afterEach(() => {
  stop();
  Reflect.deleteProperty(globalThis, 'window');
});

const says = (name: string, persisted?: boolean) =>
  page.dispatchEvent(Object.assign(new Event(name), { persisted }));
const freezes = () => page.document.dispatchEvent(new Event('freeze'));

test('LINK7: a page whose network is back, or that is shown again after it was kept, is back', () => {
  says('online');
  says('pageshow', false);
  expect(told).toEqual(['back']);
  says('pageshow', true);
  expect(told).toEqual(['back', 'back']);
});

test('LINK10: a page is left once the browser keeps it, not where it is in the background or closed', () => {
  freezes();
  says('pagehide', false);
  freezes();
  expect(told).toEqual([]);
  says('pagehide', true);
  expect(told).toEqual([]);
  freezes();
  expect(told).toEqual(['left']);
  says('pageshow', true);
  freezes();
  expect(told).toEqual(['left', 'back']);
});

test('LINK10: a watcher that was stopped hears nothing, and outside a page there is nothing to watch', () => {
  stop();
  says('online');
  says('pagehide', true);
  freezes();
  says('pageshow', true);
  expect(told).toEqual([]);
  Reflect.deleteProperty(globalThis, 'window');
  stop = watchPage({ onBack: () => told.push('back') });
});
