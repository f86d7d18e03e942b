// spec/ and the tests agree on which rules there are: each rule is cited by the name of a test, each cited rule exists.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { root } from './setup/setup.mjs';
import {
  decisionsPath,
  decisionsText,
  filesBelow,
  indexPath,
  indexText,
  readCitations,
  readRules,
} from './spec-rules.mjs';

const { rules, strays } = readRules();
const ids = rules.map(({ id }) => id);
const known = new Set(ids);
const rootPages = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md'].map((name) =>
  join(root, name),
);
const citations = readCitations(rules);

test('PROJ1: every rule stands once in spec/, as `- **ID** text`', () => {
  assert.ok(rules.length > 700, `only ${rules.length} rules were found`);
  assert.deepEqual(strays, []);
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
});

test('PROJ1: the rules of an area stand in the order of their numbers, in each file', () => {
  const before = new Map();
  const misplaced = rules.filter(({ file, area, number }) => {
    const last = before.get(`${file} ${area}`) ?? 0;
    before.set(`${file} ${area}`, number);
    return number <= last;
  });
  assert.deepEqual(misplaced, []);
});

test('PROJ1: every page of rules says where its code is, which is there, and begins with its words', () => {
  for (const file of new Set(rules.map((rule) => rule.file))) {
    const text = readFileSync(join(root, 'spec', file), 'utf8');
    assert.equal(text.match(/^## .*$/m)?.[0], '## Words', file);
    const [, code] = /^Code: (`.*`)\.$/m.exec(text) ?? [];
    assert.ok(code, `spec/${file} has no line like "Code: \`packages/rtc\`, \`packages/link\`."`);
    const paths = code.split(', ').map((path) => path.slice(1, -1));
    const missing = paths.filter((path) => !existsSync(join(root, path)));
    assert.deepEqual(missing, [], `spec/${file} names code that is not there`);
  }
});

test('PROJ2: every rule is cited by a test', () => {
  const all = new Set([...citations.values()].flatMap((each) => [...each]));
  assert.deepEqual(
    ids.filter((id) => !all.has(id)),
    [],
  );
});

test('PROJ2: every rule that a test cites stands in spec/', () => {
  const missing = [...citations].flatMap(([path, each]) =>
    [...each].filter((id) => !known.has(id)).map((id) => `${id} in ${path}`),
  );
  assert.deepEqual(missing, []);
});

test('PROJ2: every rule that a page names stands in spec/', () => {
  const areas = [...new Set(rules.map(({ area }) => area))].join('|');
  const pages = ['docs', 'spec', 'packages', 'examples', 'bench', '.']
    .flatMap((folder) => (folder === '.' ? rootPages : [...filesBelow(join(root, folder))]))
    .filter((path) => path.endsWith('.md'));
  const named = pages.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(new RegExp(`\\b(?:${areas})\\d+\\b`, 'g'))].map(([id]) => ({
      page: relative(root, path),
      id,
    })),
  );
  assert.ok(named.length > 800, `only ${named.length} were found`);
  assert.deepEqual(
    named.filter(({ id }) => !known.has(id)),
    [],
  );
});
test('PROJ3: spec/INDEX.md is fresh', () => {
  const isFresh = readFileSync(indexPath, 'utf8') === indexText(rules, citations);
  assert.ok(isFresh, 'spec/INDEX.md is stale: run `npm run spec` and commit it');
});

test('PROJ8: the list of docs/decisions is fresh', () => {
  const isFresh = readFileSync(decisionsPath, 'utf8') === decisionsText();
  assert.ok(isFresh, 'docs/decisions/README.md is stale: run `npm run spec` and commit it');
});
