// The rules of spec/ and the tests that cite them: read, compared, and made into spec/INDEX.md.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { root } from './setup/setup.mjs';

const folder = join(root, 'spec');
export const indexPath = join(folder, 'INDEX.md');
/** Pages of spec/ that hold no rules. */
const pagesWithoutRules = new Set(['INDEX.md', 'README.md']);

export const decisionsPath = join(root, 'docs/decisions/README.md');

const skippedFolders = new Set(['node_modules', 'dist', '.git']);

/**
 * Paths of all files below the folder, in order of their names.
 * @returns {Generator<string>}
 */
export function* filesBelow(/** @type {string} */ path) {
  const entries = readdirSync(path, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const below = join(path, entry.name);
    if (entry.isDirectory() && !skippedFolders.has(entry.name)) yield* filesBelow(below);
    else if (entry.isFile()) yield below;
  }
}

const fromRoot = (/** @type {string} */ path) => relative(root, path).split(sep).join('/');

/** @typedef {{ id: string, area: string, number: number, file: string, anchor: string }} Rule */

/**
 * Rules in the order in which they stand: `{ id, area, number, file, anchor }`; the file is relative to spec/, the anchor that of the heading above.
 * Lines that look like a rule and are none are told by `strays`.
 */
export function readRules() {
  const rules = [];
  const strays = [];
  for (const path of filesBelow(folder)) {
    const file = relative(folder, path).split(sep).join('/');
    if (pagesWithoutRules.has(file)) continue;
    let anchor = '';
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line.startsWith('#')) anchor = anchorOf(line.replace(/^#+ /, ''));
      const [, area, digits] = /^- \*\*([A-Z]+)(\d+)\*\* /.exec(line) ?? [];
      if (area) rules.push({ id: area + digits, area, number: Number(digits), file, anchor });
      else if (/^\W*[A-Z]{2,}\d+\b/.test(line)) strays.push(`${file}: ${line}`);
    }
  }
  return { rules, strays };
}

/** The anchor that GitHub gives a heading. */
function anchorOf(/** @type {string} */ heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number} -]/gu, '')
    .replaceAll(' ', '-');
}

/** The beginning of a string: `CHAN1: …`, `WHIP3, WHIP4: …` or `TOKEN1-3: …`, of these areas. */
const citation = (/** @type {string} */ areas) =>
  new RegExp(`['"\`]((?:${areas})\\d+(?:(?:, ?| and |[-–])(?:${areas})?\\d+)*)[: ]`, 'g');

/** Rules cited at the beginning of the text's names of tests; a range cites all from its first to its last. */
function citedIn(/** @type {string} */ text, /** @type {string} */ areas) {
  const cited = new Set();
  for (const [, names] of text.matchAll(citation(areas))) {
    let area = '';
    let last = 0;
    for (const [, sign, named, digits] of names.matchAll(/([-–])?([A-Z]*)(\d+)/g)) {
      if (named) area = named;
      for (let number = sign ? last + 1 : Number(digits); number <= Number(digits); number += 1)
        cited.add(area + number);
      last = Number(digits);
    }
  }
  // A name that begins with an area that no rule has is a citation, too: of a rule that is missing.
  for (const [, id] of text.matchAll(/\b(?:test|it|describe)\(\s*['"`]([A-Z]{3,}\d+)[:,]/g)) cited.add(id);
  return cited;
}

const isTest = (/** @type {string} */ path) =>
  /\.test\.(ts|tsx|mjs)$/.test(path) || /(suite|test)\.tsx?$|testing\/suites\/[^/]*\.ts$/.test(path);

/** Each file of tests, relative to the root, with the rules that it cites. */
export function readCitations(/** @type {Rule[]} */ rules) {
  const areas = [...new Set(rules.map(({ area }) => area))].join('|');
  const files = ['packages', 'scripts', 'tools', 'bench'].flatMap((name) => [
    ...filesBelow(join(root, name)),
  ]);
  return new Map(
    files.filter(isTest).map((path) => [fromRoot(path), citedIn(readFileSync(path, 'utf8'), areas)]),
  );
}

/** The text of spec/INDEX.md: one line per rule, by area and number, so that it is easy to find and to merge. */
export function indexText(/** @type {Rule[]} */ rules, /** @type {Map<string, Set<string>>} */ citations) {
  const order = (/** @type {Rule} */ a, /** @type {Rule} */ b) =>
    a.area === b.area ? a.number - b.number : a.area < b.area ? -1 : 1;
  const lines = [...rules].sort(order).map(({ id, file, anchor }) => {
    const tests = [...citations].filter(([, cited]) => cited.has(id)).map(([path]) => path);
    const links = tests.map((path) => `[${path.replace(/^packages\//, '')}](../${path})`);
    return `| ${id} | [${file.replace(/\.md$/, '')}](${file}#${anchor}) | ${links.join('<br>')} |`;
  });
  return `${indexHead}${lines.join('\n')}\n`;
}

/** The text of docs/decisions/README.md with the list of its pages, by title. */
export function decisionsText() {
  const pages = [...filesBelow(dirname(decisionsPath))].filter((path) => path !== decisionsPath);
  const lines = pages.map((path) => {
    const title = /^# (.*)$/m.exec(readFileSync(path, 'utf8'))?.[1];
    return `- [${title}](${basename(path)})\n`;
  });
  return readFileSync(decisionsPath, 'utf8').replace(
    /(<!-- made by npm run spec -->\n)[\s\S]*(<!-- end -->)/,
    (_, begin, end) => `${begin}${lines.join('')}${end}`,
  );
}

const indexHead = `# Every rule, where it stands, and its tests

Made by \`npm run spec\`; do not edit.

| rule | room | tests that cite it |
|---|---|---|
`;
