import { expect, test } from 'bun:test';
import { Apps } from './apps.ts';
import type { AppConfig } from './config.ts';

const one: AppConfig = {
  id: '1'.repeat(32),
  certificate: 'a'.repeat(32),
  secondaryCertificate: 'b'.repeat(32),
  openTo: 'thisMachine',
  bindSignaling: true,
  linkIdentities: true,
  signaling: { announceMax: 50, intervalMs: 30_000, debounceMs: 2_000, lease: 'server', historyDays: 30 },
  communicationEvents: '107/108',
  rosterVisibleTo: 'everyone',
  coHostAuthentication: false,
  profiles: [],
  limits: {},
};
const two: AppConfig = { ...one, id: '2'.repeat(32) };
const { secondaryCertificate: _, ...withoutSecond } = one;

test('RELOAD3: whoever holds an app has its settings of now, those that are gone included', () => {
  const apps = new Apps([one]);
  const held = apps.get(one.id);
  const settings = held?.signaling;
  const next = {
    ...withoutSecond,
    certificate: 'c'.repeat(32),
    signaling: { ...one.signaling, historyDays: 3 },
  };
  expect(apps.replace([next])).toEqual({ added: [], changed: [one.id], removed: [] });
  expect(held).toEqual(next);
  expect(held).toBe(apps.get(one.id));
  expect(settings?.historyDays).toBe(3);
  expect([...apps.historyDays]).toEqual([[one.id, 3]]);
  expect(apps.replace([next])).toEqual({ added: [], changed: [], removed: [] });
  // The given configuration belongs to the caller, and is not changed.
  expect(one.signaling.historyDays).toBe(30);
});

test('RELOAD2: ids that somebody keeps are those of now', () => {
  const apps = new Apps([one]);
  const { ids, historyDays } = apps;
  expect(apps.replace([two])).toEqual({ added: [two.id], changed: [], removed: [one.id] });
  expect([...ids]).toEqual([two.id]);
  expect([historyDays.get(one.id), historyDays.get(two.id)]).toEqual([undefined, 30]);
});
