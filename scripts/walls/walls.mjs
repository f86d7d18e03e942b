// The walls of the house: which part may import which, and what it never does. ARCHITECTURE.md's map says the same in
// words; architecture.test.mjs holds both together, and every source to them.
import { posix } from 'node:path';

/**
 * Rooms of packages/server/src from the ground up. A room imports from itself and from floors below it, not from its
 * neighbours on the same floor and not from above. The longest name that fits a file is its room.
 */
export const floors = [
  ['clock.ts', 'glob.ts', 'fixed-limits.ts', 'limits.ts', 'turn.ts', 'settings', 'net/address'],
  ['pause.ts', 'observe'],
  ['net'],
  ['channel', 'engine', 'token'],
  ['kept', 'log', 'media'],
  ['kicks', 'rosters', 'notify', 'pages'],
  ['ledger'],
  ['live'],
  ['signaling', 'whip'],
  ['api'],
  ['config'],
  ['data', 'operate'],
  ['shipped-files.ts'],
  ['assembly'],
  ['main.ts'],
];

const server = (/** @type {string[]} */ ...names) => names.map((name) => `packages/server/src/${name}`);
/** Where it is decided what becomes of a command: only the log calls it. */
const deciding = server(
  'channel/apply.ts',
  ...['join', 'command', 'message', 'rules/rule'].map((name) => `log/decide/${name}.ts`),
  'log/state/draft.ts',
);

/**
 * By row of the map: its `never` in words, and in what can be seen of it. `only`, `not`: what it may and may not import
 * (paths of the repository, names of other packages); `by`: who alone may import it; `unsaid`: what its code does not say.
 * @type {Record<string, { words: string, only?: string[], not?: string[], by?: string[], unsaid?: RegExp }>}
 */
export const never = {
  'packages/protocol': { words: 'depends on anything', only: ['packages/protocol'] },
  'channel/': {
    words: 'I/O, clock, randomness, await',
    only: [...server('channel'), 'packages/protocol'],
    unsaid:
      /\b(?:async|await|Promise|Date|performance|crypto|fetch|process|Bun|console|set(?:Timeout|Interval|Immediate))\b|Math\.random/,
  },
  'log/': {
    words: 'knows who follows it',
    not: server('rosters', 'notify', 'ledger', 'live', 'signaling', 'whip', 'api', 'pages'),
  },
  'engine/': { words: 'knows what a record means', not: server('channel', 'log') },
  'data/': {
    words: 'is needed by a running server but at the start',
    by: [...server('assembly'), 'packages/cli'],
  },
  'net/': { words: 'knows a channel', not: server('channel', 'log', 'rosters', 'live') },
  'settings/': {
    words: 'knows which settings there are',
    only: [...server('settings'), 'packages/protocol', 'node:'],
  },
  'config/': {
    words: 'is needed by a part: `assembly/` hands out what each needs',
    by: [...server('main.ts', 'assembly', 'operate'), 'packages/cli'],
  },
  'token/': { words: 'knows who is in a channel', not: server('channel', 'log', 'rosters') },
  'kept/': { words: 'knows what a line or a row says', not: server('channel', 'log', 'notify', 'ledger') },
  'kicks/': {
    words: 'knows a socket, or a session',
    not: server('net', 'live', 'signaling', 'whip'),
  },
  'rosters/': { words: 'knows what a member is', not: server('channel', 'log') },
  'live/': { words: 'decides anything', not: deciding },
  'whip/': { words: 'holds a roster', not: server('rosters', 'channel/membership/roster.ts') },
  'signaling/': { words: 'knows a membership that the log does not', not: deciding },
  'notify/': {
    words: 'delays a join',
    by: server('notify', 'ledger', 'api', 'config', 'data', 'operate', 'assembly').concat('packages/cli'),
  },
  'ledger/': { words: 'is read by a decision', by: server('ledger', 'signaling', 'api', 'data', 'assembly') },
  'media/': { words: 'knows members', not: server('channel', 'log', 'live', 'whip') },
  'api/': { words: 'bypasses `log/`', not: [...deciding, ...server('engine')] },
  'observe/': { words: 'sees a secret', not: server('token', 'config', 'settings', 'kept') },
  'packages/schema': {
    words: 'is taken into an SDK',
    by: ['packages/schema', 'packages/client', 'packages/server', 'packages/cli'],
  },
  'packages/link': {
    words: 'is published; depends on anything but protocol',
    only: ['packages/link', 'packages/protocol'],
    by: ['packages/rtc', 'packages/rtm'],
  },
  'packages/rtc': {
    words: 'shares code with the server but protocol',
    only: ['packages/rtc', 'packages/link', 'packages/protocol'],
  },
  'packages/rtm': {
    words: 'shares code with the server but protocol',
    only: ['packages/rtm', 'packages/link', 'packages/protocol'],
  },
  'packages/react': {
    words: 'has state that the SDKs have',
    only: ['packages/react', 'packages/rtc', 'packages/rtm', 'react'],
  },
  'packages/webhook': { words: 'has a dependency', only: ['packages/webhook', 'packages/protocol'] },
  'packages/client': { words: 'has a dependency', only: ['packages/client', 'packages/protocol'] },
  'packages/audit': {
    words: 'asks a server',
    only: ['packages/audit', 'packages/protocol', 'node:crypto'],
    unsaid: /\b(?:fetch|WebSocket|Bun)\b/,
  },
  'packages/console': {
    words: 'uses anything but public APIs',
    not: ['packages/server', 'packages/cli', 'node:'],
  },
  'examples/': {
    words: 'uses anything but public APIs',
    not: ['packages/server', 'packages/cli', 'packages/protocol', 'scripts'],
  },
  'deploy/': { words: 'holds settings' }, // It has no code that could be looked at.
  'tools/': { words: 'is needed to run or change the server', by: [] },
  'bench/': { words: 'asserts a time', unsaid: /\b(?:assert|expect)\b/ },
};

/** Folders that no product code may import from: what tests and measurements are made of. */
const rigs = ['packages/server/testing', 'packages/server/test', 'bench', 'scripts'];

/** The log with all its ports: for who opens it, and for who hands them out. */
const wholeLog = 'packages/server/src/log/contract/log.ts';

const isTest = (/** @type {string} */ path) => /\.test\.[cm]?tsx?$|\/(?:testing|test)\//.test(path);
/** What runs where the product runs, and what shows how to use or measure it; not tests, nor what builds. */
export const isProduct = (/** @type {string} */ path) =>
  /^(?:packages\/[^/]+\/src|examples|bench)\//.test(path) && !isTest(path);
const isIn = (/** @type {string} */ path, /** @type {string} */ place) =>
  path === place || path.startsWith(place.endsWith(':') ? place : `${place}/`);
const isInOne = (/** @type {string} */ path, /** @type {string[]} */ places) =>
  places.some((/** @type {string} */ place) => isIn(path, place));

/** A room as the map names it, as a place in the repository. */
export const placeOf = (/** @type {string} */ row) => {
  const name = row.replace(/\/$/, '');
  return floors.flat().some((room) => isIn(room, name)) ? `packages/server/src/${name}` : name;
};

const interpolation = /\$\{((?:[^`{}]|\{[^`{}]*\}|`(?:\\[\s\S]|[^`\\])*`)*)\}/g;
/** Regular expressions, strings, templates and comments, each whole: what stands in one begins no other. */
const wholes = new RegExp(
  [
    /(?<=[(,=:[!&|?{;>]\s*|\breturn\s+)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//,
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/,
    new RegExp(`\`(?:\\\\[^]|${interpolation.source}|\\$(?!\\{)|[^\`\\\\$])*\``),
    /\/\*[\s\S]*?\*\/|\/\/.*/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);
const isComment = (/** @type {string} */ whole) => /^\/[/*]/.test(whole);
const specifiers = /\b(?:from|import)\s*\(?\s*(['"])([\w@.:/-]+)\1/g;

/** What a file imports: paths of the repository for its own, names of packages for others. */
export function importsOf(/** @type {string} */ path, /** @type {string} */ text) {
  const said = text.replace(wholes, (/** @type {string} */ whole) => (isComment(whole) ? '' : whole));
  return [...said.matchAll(specifiers)].map(([, , name]) => {
    if (name.startsWith('.')) return posix.join(posix.dirname(path), name);
    const [, own, below] = /^@housecount\/([^/]+)(?:\/(.*))?$/.exec(name) ?? [];
    if (own === undefined) return name;
    if (below === undefined || own !== 'server') return `packages/${own}`;
    return `packages/server/${below.startsWith('testing/') ? '' : 'src/'}${below}.ts`;
  });
}

/** Index of the floor of a file of the server, and its room; undefined elsewhere. */
function roomOf(/** @type {string} */ path) {
  const rooms = floors.flatMap((names, floor) => names.map((name) => ({ name, floor })));
  return rooms
    .filter(({ name }) => isInOne(path, server(name)))
    .reduce(
      (one, other) => (one && one.name.length > other.name.length ? one : other),
      /** @type {{ name: string, floor: number } | undefined} */ (undefined),
    );
}

/** What is wrong in the files (text by path), a sentence each. */
export function breaches(/** @type {Map<string, string>} */ files) {
  const found = [];
  for (const [path, text] of files) {
    if (!isProduct(path)) continue;
    const imports = importsOf(path, text);
    const room = roomOf(path);
    if (isIn(path, 'packages/server/src') && !room) found.push(`${path} stands on no floor`);
    for (const target of imports) {
      const say = (/** @type {string} */ why) => found.push(`${path} imports ${target}: ${why}`);
      if (!isIn(path, 'bench') && (isTest(target) || isInOne(target, rigs)))
        say('a part of the product uses no rig of a test');
      if (target === wholeLog && !isInOne(path, [...server('log', 'assembly'), 'bench']))
        say('a part takes those ports of the log that it uses');
      const other = roomOf(target);
      if (room && other && other.name !== room.name && other.floor >= room.floor)
        say(`${room.name} stands on floor ${room.floor}, ${other.name} on ${other.floor}`);
      for (const [row, { words, only, not, by }] of Object.entries(never)) {
        const place = placeOf(row);
        if (isIn(path, place) && ((only && !isInOne(target, only)) || (not && isInOne(target, not))))
          say(`${row} never ${words}`);
        if (by && isIn(target, place) && !isInOne(path, [place, 'bench', ...by]))
          say(`${row} never ${words}`);
      }
    }
    for (const [row, { words, unsaid }] of Object.entries(never)) {
      const said = unsaid && isIn(path, placeOf(row)) && unsaid.exec(codeOf(text));
      if (said) found.push(`${path} says ${said[0]}: ${row} never ${words}`);
    }
  }
  return found;
}

/**
 * The text without comments, and without what strings say; what a template computes is code.
 * @returns {string}
 */
function codeOf(/** @type {string} */ text) {
  return text.replace(wholes, (/** @type {string} */ whole) => {
    if (isComment(whole)) return '';
    if (!whole.startsWith('`')) return "''";
    return [...whole.matchAll(interpolation)].map(([, code]) => `(${codeOf(code)})`).join(' + ');
  });
}
