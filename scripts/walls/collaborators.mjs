// What a class works with, read from the text: everything it holds in its fields, or is handed when it is made, that does
// something when it is asked. Values are no collaborators, however many they are. Read from the text because TypeScript 7 takes
// as long to open the server's program as the whole check takes otherwise; the formatter makes the text regular.
import { posix } from 'node:path';

/** @typedef {{ name: string, type: string, maker?: string, isMethod?: boolean }} Member Without a type there is who makes it: a function, or a class by a static method. */
/** @typedef {{ kind: 'class' | 'interface' | 'type' | 'function', name: string, path: string, bases: string, type: string, members: Member[] }} Declaration */
/** @typedef {Map<string, { declared: Map<string, Declaration>, imported: Map<string, { path: string, name: string }> }>} Sources */

/** As many as one can have in mind at once, and a test can put in place. */
export const collaboratorsMax = 10;

/** By their names: what is handed over together and is nothing by itself. Each of their members is counted. */
const isNamedBundle = (/** @type {string} */ name) => /(?:Options|Needs|Parts)$/.test(name);
/** What has another name is a bundle too from so many members on that do something, if none of them is a method of its own. */
const partsOfBundleMin = 3;

/**
 * The classes of these files (text by path), each with the names of what it works with.
 * @param {Map<string, string>} files
 */
export function collaborators(files) {
  const sources = sourcesOf(files);
  const found = [];
  for (const [path, { declared }] of sources)
    for (const one of new Set(declared.values())) {
      if (one.kind !== 'class') continue;
      const held = keptBy(sources, one).flatMap((member) => heldIn(sources, member.path, member, new Set()));
      const classes = new Map(held.filter(({ what }) => what !== '').map(({ own, what }) => [own, what]));
      const names = new Set(held.map(({ own }) => classes.get(own) ?? own));
      found.push({ path, name: one.name, collaborators: [...names].sort() });
    }
  return found;
}

/**
 * What a class keeps and is handed, what its bases do too.
 * @param {Sources} sources
 * @param {Declaration} one
 * @returns {(Member & { path: string })[]}
 */
function keptBy(sources, one) {
  const [, name = ''] = /(?:^|>)\s+extends (\w+)/.exec(one.bases) ?? [];
  const base = declarationOf(sources, one.path, name);
  return [
    ...one.members.map((member) => ({ ...member, path: one.path })),
    ...(base?.kind === 'class' ? keptBy(sources, base) : []),
  ];
}

/**
 * The names under which a member holds what does something, its own or those of the members of a bundle, each with its class.
 * @param {Sources} sources
 * @param {string} path
 * @param {Member} member
 * @param {Set<string>} seen
 * @returns {{ own: string, what: string }[]}
 */
function heldIn(sources, path, { name, type, maker }, seen) {
  const own = name.replace(/^#/, '');
  if (maker !== undefined) {
    const made = declarationOf(sources, path, maker);
    // A function gives what it says; a class is asked for one of its own.
    if (made?.kind === 'function') return heldIn(sources, made.path, { name, type: made.type }, seen);
    return made?.kind === 'class' ? [{ own, what: made.name }] : [];
  }
  if (type.startsWith('{'))
    return membersOf(type.slice(1, -1)).flatMap((each) => heldIn(sources, path, each, seen));
  const bundles = parts(type).filter((part) => isBundle(sources, path, part));
  const within = new Set([...seen, ...bundles.map((part) => keyOf(sources, path, part))]);
  if (bundles.length > 0)
    return bundles
      .flatMap((part) => membersIn(sources, path, part, seen))
      .flatMap((each) => heldIn(sources, each.path, each, within));
  const what = whatIsAsked(sources, path, type, new Set());
  return what === undefined ? [] : [{ own, what }];
}

/** It is nothing by itself, by its name or by what it has. @param {Sources} sources @param {string} path @param {string} type */
function isBundle(sources, path, type) {
  if (isNamedBundle(baseOf(type))) return true;
  if (declarationOf(sources, path, baseOf(type))?.kind === 'class') return false;
  const members = membersIn(sources, path, type, new Set());
  const doing = members.filter(
    (member) => whatIsAsked(sources, member.path, member.type, new Set()) !== undefined,
  );
  return doing.length >= partsOfBundleMin && !members.some(({ isMethod }) => isMethod);
}

/** `Pick<One, 'a'> & Other`: each of these. */
const parts = (/** @type {string} */ type) => splitAt(type, '&').map((part) => part.trim());
/** The name that a type is made of: One of `Omit<One, 'a'>`, of `readonly One[]` and of `One['a']`, the last with its index. */
const baseOf = (/** @type {string} */ type) =>
  /^(?:(?:Pick|Omit|Partial|Readonly|Required)<)*([A-Z]\w*)(?:<.*>)?(?:,.*|>)*$/s.exec(type.trim())?.[1] ??
  '';

/** What has been looked into is known by this. @param {Sources} sources @param {string} path @param {string} type */
const keyOf = (sources, path, type) => `${declarationOf(sources, path, baseOf(type))?.path}#${type}`;

/**
 * The members of a bundle, those of what it extends too, less those that are left out.
 * @param {Sources} sources
 * @param {string} path
 * @param {string} type
 * @param {Set<string>} seen
 * @returns {(Member & { path: string })[]}
 */
function membersIn(sources, path, type, seen) {
  const one = declarationOf(sources, path, baseOf(type));
  const key = keyOf(sources, path, type);
  if (!one || seen.has(key)) return [];
  const within = new Set([...seen, key]);
  const bases = splitAt(
    one.kind === 'interface' ? one.bases : one.type,
    one.kind === 'interface' ? ',' : '&',
  );
  const all = [
    ...one.members.map((member) => ({ ...member, path: one.path })),
    ...bases.flatMap((base) => {
      const inline = base.trim();
      return inline.startsWith('{')
        ? membersOf(inline.slice(1, -1)).map((member) => ({ ...member, path: one.path }))
        : membersIn(sources, one.path, inline, within);
    }),
  ];
  const [, how, names = ''] = /^(Pick|Omit)<[^,]*,(.*)>$/s.exec(type.trim()) ?? [];
  if (how === undefined) return all;
  return all.filter(({ name }) => names.includes(`'${name}'`) === (how === 'Pick'));
}

/**
 * What in this type can be asked to do something: the name of a class, so that lists of the same are one; '' for a function and
 * for what has a method, which are known by what they are held as; undefined: nothing.
 * @param {Sources} sources
 * @param {string} path
 * @param {string} type
 * @param {Set<string>} seen
 * @returns {string | undefined}
 */
function whatIsAsked(sources, path, type, seen) {
  if (/=>|[{;]\s*\w+\??\(/.test(type)) return '';
  for (const [, made = ''] of type.matchAll(/\bReturnType<typeof (\w+)>/g)) {
    const one = declarationOf(sources, path, made);
    const what = one?.kind === 'function' ? whatIsAsked(sources, one.path, one.type, seen) : undefined;
    if (what !== undefined) return what;
  }
  const indexed = /\b([A-Z]\w*)\['(\w+)'\]/.exec(type);
  if (indexed) {
    const all = membersIn(sources, path, indexed[1] ?? '', new Set());
    const member = all.find(({ name }) => name === indexed[2]);
    if (member && whatIsAsked(sources, member.path, member.type, seen) !== undefined) return '';
  }
  for (const [name] of type.replace(/'[^']*'|typeof \w+|\b[A-Z]\w*\['\w+'\]/g, '').matchAll(/\b[A-Z]\w*/g)) {
    const one = declarationOf(sources, path, name);
    const key = `${one?.path}#${name}`;
    if (!one || seen.has(key)) continue;
    seen.add(key);
    if (one.kind === 'class' && !/\bError\b/.test(one.bases)) return one.name;
    if (one.members.some((member) => member.type.includes('=>'))) return '';
    const within = one.kind === 'type' ? one.type : one.kind === 'interface' ? one.bases : '';
    const what = within && whatIsAsked(sources, one.path, within, seen);
    if (what !== undefined && what !== '') return what;
    if (what === '' && within !== '') return '';
  }
  return undefined;
}

/** @param {Sources} sources @param {string} path @param {string} name @returns {Declaration | undefined} */
function declarationOf(sources, path, name) {
  const source = sources.get(path);
  const own = source?.declared.get(name);
  if (own) return own;
  const from = source?.imported.get(name);
  return from && sources.has(from.path) ? declarationOf(sources, from.path, from.name) : undefined;
}

/** @param {Map<string, string>} files @returns {Sources} */
function sourcesOf(files) {
  const sources = new Map();
  for (const [path, text] of files) {
    const imported = new Map();
    for (const [, as = '', from = ''] of text.matchAll(
      /^import (?:type )?(\w+)(?:, \{[^}]*\})? from '(\.[^']*)';/gm,
    ))
      imported.set(as, { path: posix.join(posix.dirname(path), from), name: 'default' });
    for (const [, names = '', from = ''] of text.matchAll(
      /^(?:import|export) (?:type )?(?:\w+, )?\{([^}]*)\} from '(\.[^']*)';/gm,
    ))
      for (const each of names.split(',')) {
        const [name = '', as = name] = each
          .trim()
          .replace(/^type /, '')
          .split(' as ');
        imported.set(as, { path: posix.join(posix.dirname(path), from), name });
      }
    sources.set(path, { declared: declarationsOf(path, withoutComments(text)), imported });
  }
  return sources;
}

const withoutComments = (/** @type {string} */ text) =>
  text.replace(/^\s*\/\*\*?[\s\S]*?\*\/\n?|^\s*\/\/.*\n|\s+\/\/ .*$/gm, (all) =>
    all.startsWith('\n') ? '\n' : '',
  );

/** @param {string} path @param {string} text */
function declarationsOf(path, text) {
  /** @type {Map<string, Declaration>} */
  const declared = new Map();
  const add = (/** @type {Omit<Declaration, 'path'>} */ one) => declared.set(one.name, { ...one, path });
  for (const [, name = '', type = ''] of text.matchAll(
    /^(?:export )?(?:async )?function (\w+)(?:.*|.*\n(?:(?: {2}.*|>\(.*)\n)*)\): ((?:[^\n{]|\{[^\n}]*\})+) \{$/gm,
  ))
    add({ kind: 'function', name, bases: '', type, members: [] });
  for (const [, name = '', type = ''] of text.matchAll(
    /^(?:export )?const (\w+) = (?:async )?(?:<.*>)?\((?:.*|\n(?: {2}.*\n)*)\): ((?:[^\n{=]|\{[^\n}]*\})+) =>/gm,
  ))
    add({ kind: 'function', name, bases: '', type, members: [] });
  for (const [, name = '', head = '', body = ''] of text.matchAll(
    /^(?:export )?interface (\w+)(?:<[^\n{]*>)?((?:\s+extends\s[^{]*)?) \{(?:\}|\n([\s\S]*?)^\})$/gm,
  ))
    add({
      kind: 'interface',
      name,
      bases: head.replace(/^\s*extends\s/, ''),
      type: '',
      members: membersOf(body),
    });
  for (const [, name = '', type = ''] of text.matchAll(
    /^(?:export )?type (\w+)(?:<[^=]*>)? =\s([\s\S]*?);$(?=\n(?:[^\s}]|\n|$))/gm,
  ))
    add({ kind: 'type', name, bases: '', type, members: [] });
  for (const [, exported, name = 'default', head = '', body = ''] of text.matchAll(
    /^(?:export )?(default )?(?:abstract )?class(?: (?!extends )(\w+))?([^{]*(?:\{[^}\n]*\}[^{\n]*)*) \{\n([\s\S]*?)^\}$/gm,
  )) {
    const members = [...fieldsOf(body), ...parametersOf(body)];
    add({ kind: 'class', name, bases: head, type: '', members });
    const one = declared.get(name);
    if (exported !== undefined && one) declared.set('default', one);
  }
  return declared;
}

/** Members of the body of an interface; of a method its type is an arrow. @param {string} body @returns {Member[]} */
function membersOf(body) {
  return splitAt(body, ';').flatMap((each) => {
    const [, name, method, type = ''] =
      /^(?:readonly )?(\w+)\??(?:(\(|<)|: ?)([\s\S]*)$/.exec(each.trim()) ?? [];
    if (name === undefined) return [];
    return [method === undefined ? { name, type } : { name, type: '() =>', isMethod: true }];
  });
}

/** What a class keeps; of a field without a type, what it is made of, or who makes it. @param {string} body @returns {Member[]} */
function fieldsOf(body) {
  const found = [];
  for (const [, name = '', typed, given, made, maker] of body.matchAll(
    /^ {2}(?:(?:private|protected|public|readonly|override|declare) )*(#?\w+)[?!]?(?:: ((?:[^=;]|=>|;\n? {3,})*?))?( =\s+(?:new (\w+(?:<[^;=]*?>)?)\(|(\w+)(?:\.\w+)?(?:<[^;=]*?>)?\()?[^;]*)?;$/gm,
  )) {
    if (name === 'return') continue;
    // Of a field of which only the constructor says what it is, nobody who reads this knows that it is a value.
    const type = (typed ?? made ?? (given === undefined ? '() =>' : '')).trim();
    found.push({ name, type, ...(type === '' && { maker }) });
  }
  return found;
}

/** What a class is handed. @param {string} body @returns {Member[]} */
function parametersOf(body) {
  const [, list = ''] =
    /^ {2}(?:(?:private|protected|public) )?constructor\(([\s\S]*?)\) \{/m.exec(body) ?? [];
  return splitAt(list, ',').flatMap((each) => {
    const [, name = '', type = ''] =
      /^(?:(?:private|protected|public|readonly) )*(\w+|\{[^}]*\})\??: ([\s\S]*?)(?: = [^>][\s\S]*)?$/.exec(
        each.trim(),
      ) ?? [];
    return type === '' ? [] : [{ name: name.startsWith('{') ? 'given' : name, type }];
  });
}

/** Splits where the separator stands outside of all brackets. @param {string} text @param {string} separator */
function splitAt(text, separator) {
  const found = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if ('({[<'.includes(sign)) depth += 1;
    else if (')}]'.includes(sign) || (sign === '>' && text[at - 1] !== '=')) depth -= 1;
    else if (sign === separator && depth === 0) {
      found.push(text.slice(from, at));
      from = at + 1;
    }
  }
  found.push(text.slice(from));
  return found.filter((each) => each.trim() !== '');
}
