import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = readdirSync(import.meta.dir, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !/\.test\.|^testing\//.test(name),
);

test('LINK11: what both SDKs are connected by takes nothing but the protocol', () => {
  const taken = sources.flatMap((name) => {
    const text = readFileSync(join(import.meta.dir, name), 'utf8');
    return [...text.matchAll(/from '([^'.][^']*)'/g)].map(([, specifier]) => specifier);
  });
  expect(sources.length).toBeGreaterThan(8);
  expect([...new Set(taken)]).toEqual(['@housecount/protocol']);
});

test('LINK11: nobody installs it', async () => {
  const about = await Bun.file(join(import.meta.dir, '../package.json')).json();
  expect(about).toMatchObject({ private: true });
  expect(about.dependencies).toBeUndefined();
  for (const sdk of ['rtc', 'rtm']) {
    const { dependencies, devDependencies } = await Bun.file(
      join(import.meta.dir, `../../${sdk}/package.json`),
    ).json();
    expect(dependencies).toBeUndefined();
    expect(devDependencies).toHaveProperty(['@housecount/link']);
  }
});
