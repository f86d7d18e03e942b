import { expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import notices from '@housecount/protocol/fixtures/notices.json' with { type: 'json' };
import standardNotices from '@housecount/protocol/fixtures/standard-notices.json' with { type: 'json' };
import { loadConfig } from '../src/config-load.ts';

const page = readFileSync(new URL('../../../docs/notices.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) =>
    text.trimEnd(),
  );

test('HOOK2: the notices on the page are those of the fixtures, byte for byte', () => {
  const known: string[] = [...notices, ...standardNotices].map(({ notice }) => notice);
  const shown = blocks('json');
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.filter((body) => !known.includes(body))).toEqual([]);
});

test('OPS2: the endpoint on the page, with the secrets on the page too, is a valid configuration', () => {
  const [endpoint = '', secrets = ''] = blocks('yaml');
  const folder = mkdtempSync(join(tmpdir(), 'housecount-page-'));
  const apps = `apps: [{ id: "0123456789abcdef0123456789abcdef", certificate: ${'b'.repeat(32)} }]\n`;
  try {
    for (const content of [endpoint, endpoint.replace(/^ {4}secret: .*$/m, secrets)]) {
      const file = join(folder, 'housecount.yaml');
      writeFileSync(file, apps + content);
      expect(loadConfig({ file, env: {} }).endpoints).toHaveLength(1);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
