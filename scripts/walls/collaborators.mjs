// What a class works with, read from the text: everything it holds in its fields, or is handed when it is made, that does
// something when it is asked. Values are no collaborators, however many they are. Read from the text because TypeScript 7 takes
// as long to open the server's program as the whole check takes otherwise; the formatter makes the text regular.
import { posix } from 'node:path';

/** @typedef {{ name: string, type: string }} Member */
/** @typedef {{ kind: 'class' | 'interface' | 'type', name: string, path: string, bases: string, type: string, members: Member[] }} Declaration */
/** @typedef {Map<string, { declared: Map<string, Declaration>, imported: Map<string, { path: string, name: string }> }>} Sources */

/** As many as one can have in mind at once, and a test can put in place. */
export const collaboratorsMax = 10;

/** By their names: what is handed over together and is nothing by itself. Each of their members is counted. */
const isBundle = (/** @type {string} */ name) => /(?:Options|Needs|Parts)$/.test(name);

/**
 * The classes of these files (text by path), each with the names of what it works with.
 * @param {Map<string, string>} files
 */
export function collaborators(files) {
  const sources = sourcesOf(files);
  const found = [];
  for (const [path, { declared }] of sources)
    for (const one of declared.values()) {
      if (one.kind !== 'class') continue;
      const held = one.members.flatMap((member) => heldIn(sources, path, member, new Set()));
      const classes = new Map(held.filter(({ what }) => what !== '').map(({ own, what }) => [own, what]));
      const names = new Set(held.map(({ own }) => classes.get(own) ?? own));
      found.push({ path, name: one.name, collaborators: [...names].sort() });
    }
  return found;
}

/**
 * The names under which a member holds what does something, its own or those of the members of a bundle, each with its class.
 * @param {Sources} sources
 * @param {string} path
 * @param {Member} member
 * @param {Set<string>} seen
 * @returns {{ own: string, what: string }[]}
 */
function heldIn(sources, path, { name, type }, seen) {
  const own = name.replace(/^#/, '');
  if (type.startsWith('{'))
    return membersOf(type.slice(1, -1)).flatMap((each) => heldIn(sources, path, each, seen));
  const bundles = parts(type).filter((part) => isBundle(baseOf(part)));
  if (bundles.length > 0)
    return bundles
      .flatMap((part) => membersIn(sources, path, part, seen))
      .flatMap((each) => heldIn(sources, each.path, each, seen));
  const what = whatIsAsked(sources, path, type, new Set());
  return what === undefined ? [] : [{ own, what }];
}

/** `Pick<One, 'a'> & Other`: each of these. */
const parts = (/** @type {string} */ type) => splitAt(type, '&').map((part) => part.trim());
/** The name that a type is made of: One of `Omit<One, 'a'>`, of `readonly One[]` and of `One['a']`, the last with its index. */
const baseOf = (/** @type {string} */ type) =>
  /^(?:(?:Pick|Omit|Partial|Readonly|Required)<)*([A-Z]\w*)(?:<.*>)?(?:,.*|>)*$/s.exec(type.trim())?.[1] ??
  '';

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
  const key = `${one?.path}#${type}`;
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
    for (const [, names = '', from = ''] of text.matchAll(
      /^(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']*)';/gm,
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
    /^(?:export )?type (\w+)(?:<[^=]*>)? =\s([\s\S]*?);$(?=\n(?:\S|\n|$))/gm,
  ))
    add({ kind: 'type', name, bases: '', type, members: [] });
  for (const [, name = '', head = '', body = ''] of text.matchAll(
    /^(?:export )?(?:abstract )?class (\w+)([^{]*(?:\{[^}\n]*\}[^{\n]*)*) \{\n([\s\S]*?)^\}$/gm,
  ))
    add({ kind: 'class', name, bases: head, type: '', members: [...fieldsOf(body), ...parametersOf(body)] });
  return declared;
}

/** Members of the body of an interface; of a method its type is an arrow. @param {string} body @returns {Member[]} */
function membersOf(body) {
  return splitAt(body, ';').flatMap((each) => {
    const [, name, method, type = ''] =
      /^(?:readonly )?(\w+)\??(?:(\(|<)|: ?)([\s\S]*)$/.exec(each.trim()) ?? [];
    if (name === undefined) return [];
    return [{ name, type: method === undefined ? type : '() =>' }];
  });
}

/** What a class keeps: of a field without a type, what it is made of. @param {string} body @returns {Member[]} */
function fieldsOf(body) {
  const found = [];
  for (const [, name = '', typed, made] of body.matchAll(
    /^ {2}(?:(?:private|protected|public|readonly|override|declare) )*(#?\w+)[?!]?(?:: ((?:[^=;]|=>|;\n? {3,})*?))?(?: =\s+(?:new (\w+(?:<[^;=]*?>)?)\()?[^;]*)?;$/gm,
  ))
    if (name !== 'return') found.push({ name, type: (typed ?? made ?? '').trim() });
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
