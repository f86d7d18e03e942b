// SPEC.md and the tests agree on which rules there are: each rule is cited by the name of a test, each cited rule exists.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './setup.mjs';

const spec = readFileSync(join(root, 'SPEC.md'), 'utf8');
const rulePattern = /^- \*{0,2}([A-Z]+\d+)\b/gm;
const sectionPattern = /^## ([A-Z]+)\b/gm;
const rules = [...spec.matchAll(rulePattern)].map(([, rule]) => rule);
const sections = [...spec.matchAll(sectionPattern)].map(([, section]) => section);

const area = `(?:${sections.join('|')})`;
/** The beginning of a string: `CHAN1: …`, `WHIP3, WHIP4: …` or `TOKEN1-3: …`. */
const namePattern = new RegExp(`['"\`](${area}\\d+(?:(?:, ?| and |[-–])(?:${area})?\\d+)*)[: ]`, 'g');

/** Rules cited at the beginning of the file's names of tests; a range cites all from its first to its last. */
function citedIn(path) {
  const cited = new Set();
  for (const [, names] of readFileSync(path, 'utf8').matchAll(namePattern)) {
    let section = '';
    let last = 0;
    for (const [, sign, named, digits] of names.matchAll(/([-–])?([A-Z]*)(\d+)/g)) {
      if (named) section = named;
      for (let number = sign ? last + 1 : Number(digits); number <= Number(digits); number += 1)
        cited.add(section + number);
      last = Number(digits);
    }
  }
  return cited;
}

const isTest = (name) => /\.test\.(ts|tsx|mjs)$/.test(name) || /(suite|test)\.tsx?$/.test(name);
const skipped = new Set(['node_modules', 'dist', '.git']);
function* testFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skipped.has(entry.name)) yield* testFiles(path);
    else if (entry.isFile() && isTest(entry.name)) yield path;
  }
}
const files = ['packages', 'scripts', 'bench'].flatMap((folder) => [...testFiles(join(root, folder))]);
const cited = new Map(files.map((path) => [path, citedIn(path)]));

test('every rule stands once in SPEC.md', () => {
  assert.ok(rules.length > 200, `only ${rules.length} rules were found`);
  assert.deepEqual(
    rules.filter((rule, index) => rules.indexOf(rule) !== index),
    [],
  );
});

test('every rule of SPEC.md is cited by a test', () => {
  const all = new Set([...cited.values()].flatMap((each) => [...each]));
  assert.deepEqual(
    rules.filter((rule) => !all.has(rule)),
    [],
  );
});

test('every rule that a test cites stands in SPEC.md', () => {
  const known = new Set(rules);
  const strays = [...cited].flatMap(([path, each]) =>
    [...each].filter((rule) => !known.has(rule)).map((rule) => `${rule} in ${path}`),
  );
  assert.deepEqual(strays, []);
});

test('every rule that a page of docs names stands in SPEC.md', () => {
  const known = new Set(rules);
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const named = pages.flatMap((name) =>
    [...readFileSync(join(root, 'docs', name), 'utf8').matchAll(new RegExp(`\\b${area}\\d+\\b`, 'g'))].map(
      ([rule]) => ({ name, rule }),
    ),
  );
  assert.ok(named.length > 20, `only ${named.length} were found`);
  assert.deepEqual(
    named.filter(({ rule }) => !known.has(rule)),
    [],
  );
});
