import { expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventsLost, toAgoraEventsLost, toStandardEventsLost } from '@housecount/protocol';
import notices from '@housecount/protocol/fixtures/notices.json' with { type: 'json' };
import standardNotices from '@housecount/protocol/fixtures/standard-notices.json' with { type: 'json' };
import { loadConfig } from '../../../src/config/load.ts';

const page = readFileSync(new URL('../../../../../docs/notices.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) =>
    text.trimEnd(),
  );

const lost: EventsLost = {
  type: 'events-lost',
  app: '970ca35de60c44645bbae8a215061b33',
  range: { channel: 'stage', sid: 'CHOUSECOUNT00001', fromSeq: 5, toSeq: 19 },
  events: 12,
  fromMs: 1611566412672,
  toMs: 1611566413999,
  atMs: 1612171213000,
};
const lostNotices = [toAgoraEventsLost(lost, 1612171213042), toStandardEventsLost(lost)].map((notice) =>
  JSON.stringify(notice),
);

test('HOOK2: the notices on the page are those of the fixtures, byte for byte', () => {
  const standard = standardNotices.map(({ notice }) => notice);
  const batch = `[${standard
    .filter((body) => /"seq":[12],/.test(body))
    .slice(0, 2)
    .join(',')}]`;
  const known = [...notices.map(({ notice }) => notice), ...standard, ...lostNotices, batch];
  const shown = blocks('json');
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.filter((body) => !known.includes(body))).toEqual([]);
});

test('OPS2: the endpoint on the page, with the secrets and the retention on the page too, is a valid configuration', () => {
  const [endpoint = '', secrets = '', retention = ''] = blocks('yaml');
  const folder = mkdtempSync(join(tmpdir(), 'housecount-page-'));
  const apps = `apps: [{ id: "0123456789abcdef0123456789abcdef", certificate: ${'b'.repeat(32)} }]\n`;
  try {
    for (const content of [
      endpoint,
      endpoint.replace(/^ {4}secret: .*$/m, secrets),
      `${endpoint}\n${retention}\n`,
    ]) {
      const file = join(folder, 'housecount.yaml');
      writeFileSync(file, apps + content);
      expect(loadConfig({ file, env: {} }).endpoints).toHaveLength(1);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
