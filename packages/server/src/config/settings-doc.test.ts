import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '../limits.ts';
import { environmentKinds, variableOf } from './environment.ts';
import { appLimitNames, everyFixed, limitNames, limitSettings, settingsElsewhere } from './limit-settings.ts';
import { loadConfig } from './load.ts';
import { appRestartKeys, reloadKinds } from './reload-kinds.ts';

const folder = mkdtempSync(join(tmpdir(), 'housecount-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = readFileSync(new URL('../../../../docs/settings.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
let files = 0;
function load(yaml: string) {
  const file = join(folder, `${files++}.yaml`);
  writeFileSync(file, yaml);
  return loadConfig({ file, env: {} });
}
const [all = '', limited = '', tenants = '', appIdOnly = '', pinned = '', likeTheOriginal = ''] = examples;
/** These have a table of their own. */
const isLimit = (path: string) => limitNames.some((name) => path === `limits.${name}`);

test('OPS20: docs/settings.md has every key, each with the value that it has when it is left out', () => {
  // The file that a configuration was read from is no key of it.
  const { customers, endpoints, file: _, ...shown } = load(all);
  const [app] = shown.apps;
  const { file: __, ...left } = load(`apps: [{ id: ${app?.id}, certificate: ${app?.certificate} }]`);
  expect<object>({ ...shown, customers: [], endpoints: [] }).toEqual(left);
  expect([customers.length, endpoints.length]).toEqual([1, 1]);
  const paths = [
    ...Object.keys(environmentKinds),
    ...Object.keys(left.apps[0] ?? {}).map((key) => `apps.${key}`),
    ...Object.keys(left.apps[0]?.signaling ?? {}).map((key) => `signaling.${key}`),
    'apps.certificate',
    'apps.secondaryCertificate',
  ];
  const missing = paths.filter((path) => !isLimit(path) && !all.includes(`${path.split('.').at(-1)}:`));
  expect(missing).toEqual([]);
});

test('OPS20: its other examples are settings, and the variables it names are there', () => {
  expect(load(tenants).customers.map(({ role, names }) => [role, names])).toEqual([
    ['admin', true],
    ['operate', true],
    ['read', false],
  ]);
  expect(load(appIdOnly).apps[0]?.openTo).toBe('everybody');
  expect(load(pinned).apps[0]?.profiles).toEqual([
    { channels: 'call-*', profile: 'communication' },
    { channels: '*', profile: 'live' },
  ]);
  expect(load(likeTheOriginal).apps[0]?.signaling.lease).toBe('client');
  const variables = new Set(Object.keys(environmentKinds).map(variableOf));
  for (const [name] of text.matchAll(/HOUSECOUNT_[A-Z_]+[A-Z]/g)) expect(variables).toContain(name);
});

test('OPS31: a setting that is shown commented out is one, where it stands, when its # is taken away', () => {
  const commented = [...all.matchAll(/^ *# ([a-zA-Z]+):.*$/gm)];
  expect(commented.length).toBeGreaterThan(1);
  for (const [line, key] of commented) {
    const { listen, apps } = load(all.replace(line, line.replace('# ', '')));
    expect([...Object.keys(listen), ...Object.keys(apps[0] ?? {})]).toContain(key ?? '');
  }
});

test('RELOAD12: its table says of every key whether a reload takes it or a restart', () => {
  const rowOf = (title: string) =>
    [...(new RegExp(`^\\| ${title} \\|(.*)\\|$`, 'm').exec(text)?.[1] ?? '').matchAll(/`([\w.]+)`/g)].map(
      ([, key = '']) => key,
    );
  const expected = (kind: string) =>
    Object.entries(reloadKinds).flatMap(([key, one]) => (one === kind && !isLimit(key) ? [key] : []));
  expect(rowOf('at a reload').sort()).toEqual(expected('reload').sort());
  const ofApps = appRestartKeys.map((key) => `apps.${key}`);
  expect(rowOf('at the next start').sort()).toEqual([...expected('restart'), ...ofApps].sort());
});

test('LIMIT1: every limit that is a setting has a line in the table, with its default and its range', () => {
  const rows = new Map(
    [...text.matchAll(/^\| `(\w+)`(?: \*)? \| ([\d,]+) \| ([\d,]+) to ([\d,]+) /gm)].map(
      ([, name = '', ...numbers]) => [name, numbers.map((number) => Number(number.replaceAll(',', '')))],
    ),
  );
  expect([...rows.keys()]).toEqual([...limitNames]);
  for (const name of limitNames) {
    const { default: fallback, minimum, maximum } = limitSettings[name];
    expect([name, rows.get(name)]).toEqual([name, [fallback, minimum, maximum]]);
    expect(fallback).toBeWithin(minimum, maximum + 1);
  }
  expect(/`media.announcedAddress`.*every limit of the table below/.test(text)).toBe(true);
  expect(load(limited).limits).toMatchObject({ historyDaysMax: 365, eventStreamsMax: 1_000 });
});

test('LIMIT2: a limit is a whole number in its range, in the file and the environment', () => {
  const app = '{ id: 0123456789abcdef0123456789abcdef, certificate: fedcba9876543210fedcba9876543210 }';
  const of = (limits: string) => () => load(`apps: [${app}]\nlimits: ${limits}`);
  expect(of('{ historyRowsMax: 0 }')).toThrow(
    'limits.historyRowsMax: expected a whole number from 1 to 100000000, got 0',
  );
  expect(of('{ historyRowsMax: many }')).toThrow('limits.historyRowsMax: expected a whole number');
  expect(of('{ historyRowMax: 5 }')).toThrow('limits.historyRowMax: unknown key');
  const env = { HOUSECOUNT_LIMITS_APP_ENDPOINTS_MAX: '3' };
  expect(loadConfig({ env }).limits.appEndpointsMax).toBe(3);
});

test('HOOK86: an app has as many endpoints in the file as appEndpointsMax says, more or fewer than the default', () => {
  const app = '0123456789abcdef0123456789abcdef';
  const apps = [{ id: app, certificate: 'fedcba9876543210fedcba9876543210' }];
  const of = (count: number, appEndpointsMax: number) => () => {
    const endpoints = Array.from({ length: count }, (_, n) => ({
      app,
      url: `https://receiver.example/${n}`,
      secret: `secret of receiver ${n}`,
    }));
    return load(JSON.stringify({ apps, endpoints, limits: { appEndpointsMax } })).endpoints.length;
  };
  expect(of(60, 100)()).toBe(60);
  expect(of(5, 5)()).toBe(5);
  expect(of(6, 5)).toThrow(`endpoints: expected at most 5 endpoints of app ${app}`);
});

test('LIMIT5: every number is a setting, here or in another section with the same default, or is said to be none, and why', () => {
  const elsewhere = Object.keys(settingsElsewhere);
  expect([...limitNames, ...elsewhere].sort()).toEqual(Object.keys(limits).sort());
  const shown = load(all);
  const at = (path: string) =>
    path.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], shown);
  for (const [name, path] of Object.entries(settingsElsewhere))
    expect([path, at(path)]).toEqual([path, limits[name as keyof typeof limits]]);
  const [, table = ''] = text.split('<!-- fixed limits');
  const reasons = new Map(
    [...table.matchAll(/^\| `(\w+)` \| [\d.,]+ \| (\w.*) \|$/gm)].map(([, name, why]) => [name, why]),
  );
  const fixed = everyFixed.flatMap(([, group]) => Object.keys(group));
  expect([...reasons.keys()].sort()).toEqual(fixed.toSorted());
  for (const [why, group] of everyFixed)
    for (const name of Object.keys(group)) expect([name, reasons.get(name)]).toEqual([name, why]);
  expect(fixed.filter((name) => name in limits)).toEqual([]);
});

test('LIMIT6: an app may have other limits than the server, of those alone that are marked as an app has them', () => {
  const marked = [...text.matchAll(/^\| `(\w+)` \* \|/gm)].map(([, name]) => name);
  expect(marked).toEqual([...appLimitNames]);
  expect(load(limited).apps[0]?.limits).toEqual({ channelMembersMax: 500, appEndpointsMax: 5 });
  const app =
    '{ id: 0123456789abcdef0123456789abcdef, certificate: fedcba9876543210fedcba9876543210, limits: ';
  expect(() => load(`apps: [${app} { historyRowsMax: 5 } }]`)).toThrow(
    'apps[0].limits.historyRowsMax: unknown key',
  );
  expect(() => load(`apps: [${app} { appRulesMax: 0 } }]`)).toThrow(
    'apps[0].limits.appRulesMax: expected a whole number from 1 to 100000000, got 0',
  );
  expect(() =>
    load(`limits: { mediaSessionsMax: 7 }\napps: [${app} { mediaSessionsPerAppMax: 8 } }]`),
  ).toThrow('apps[0].limits.mediaSessionsPerAppMax: expected a whole number from 1 to 7, got 8');
  expect(load(`limits: { mediaSessionsMax: 7 }\napps: [${app} {} }]`).media.sessionsPerAppMax).toBe(7);
});
