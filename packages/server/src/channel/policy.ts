import type { ChannelKind } from './channel.ts';
import type { ChannelCommand } from './command.ts';

/** The parts that a channel can have, and be asked about. */
type Part = 'members' | 'roles' | 'links' | 'quietness' | 'states' | 'topics' | 'metadata' | 'locks';

/**
 * The parts that each kind may have: all that decides, folds and keeps time here asks no more of a kind. The log besides has the quota of an app,
 * the scope of a rule, the place of an address and the form on disk by kind.
 */
const partsOf: Readonly<Record<ChannelKind, ReadonlySet<Part>>> = {
  live: new Set<Part>(['members', 'roles', 'links']),
  message: new Set<Part>(['members', 'quietness', 'states', 'metadata', 'locks']),
  stream: new Set<Part>(['members', 'quietness', 'states', 'topics', 'metadata', 'locks']),
  user: new Set<Part>(['members', 'metadata']),
};

/** The part that a command is about; undefined for commands about all parts that there are. */
const partOf: Readonly<Record<ChannelCommand['type'], Part | undefined>> = {
  join: 'members',
  leave: 'members',
  silent: 'members',
  heard: 'members',
  resume: 'members',
  'renew-token': 'members',
  kick: 'members',
  'set-role': 'roles',
  'set-streams': 'roles',
  link: 'links',
  'change-states': 'states',
  'join-topic': 'topics',
  'leave-topic': 'topics',
  'change-metadata': 'metadata',
  'set-lock': 'locks',
  'remove-lock': 'locks',
  'acquire-lock': 'locks',
  'release-lock': 'locks',
  'revoke-lock': 'locks',
  'lock-holder': 'locks',
  tick: undefined,
};

/**
 * Is a channel of this kind one member's alone? Then their join opens it and their leave closes it, which need no records of their
 * own; and whoever joins takes the place of whoever is in.
 */
export const isOfOne = (kind: ChannelKind): boolean => kind === 'user';

/** May a channel of this kind be asked this? */
export function mayBeAsked(kind: ChannelKind, type: ChannelCommand['type']): boolean {
  const part = partOf[type];
  return part === undefined || partsOf[kind].has(part);
}

/** May a member be quiet? Then a join of a connection that is in changes that alone; else it is refused. */
export const mayBeQuiet = (kind: ChannelKind): boolean => partsOf[kind].has('quietness');
