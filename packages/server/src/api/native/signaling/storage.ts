import { HousecountError, isSignalingName, type MetadataTarget } from '@housecount/protocol';
import type { Metadata } from '../../../channel/metadata.ts';
import type { RequestContext } from '../../../net/http/route.ts';
import type { Backend } from '../../../signaling/backend.ts';
import { itemsOf } from '../../../signaling/storage/storage-requests.ts';
import {
  array,
  boolean,
  integer,
  object,
  oneOf,
  optional,
  ref,
  type Schema,
  string,
} from '../../document/schema.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import type { Operation } from '../../request/operation.ts';
import { appParameter, channelParameter, type Parameter, path } from '../../request/parameters.ts';
import { type Fields, fieldsOf, flagOf, requestOf } from './body.ts';
import { channelTypeParameter, keyOf, legalUser, userOf, userParameter } from './places.ts';

interface MetadataParts extends AppList {
  readonly signaling: Pick<Backend, 'metadata' | 'changeMetadata'>;
}

interface LockParts extends AppList {
  readonly signaling: Pick<Backend, 'locks' | 'revokeLock'>;
}

/** Metadata of channels and users, and the locks of channels. */
export function storageOperations(parts: MetadataParts & LockParts): readonly Operation[] {
  const channel: Place = {
    name: 'Channel',
    path: '/v1/apps/{app}/channels/{channel}/metadata',
    parameters: [channelParameter, channelTypeParameter],
    refusal: 'invalid_channel_name',
    targetOf(context) {
      const { channelType, channel: name } = keyOf(parts, context);
      return { channelType, channel: name };
    },
  };
  const user: Place = {
    name: 'User',
    path: '/v1/apps/{app}/users/{user}/metadata',
    parameters: [userParameter],
    refusal: 'invalid_user_id',
    targetOf: (context) => ({ userId: userOf(context) }),
  };
  return [
    ...metadataOperations(parts, channel),
    ...metadataOperations(parts, user),
    ...lockOperations(parts),
  ];
}

/** Where metadata is kept. */
interface Place {
  readonly name: 'Channel' | 'User';
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly refusal: 'invalid_channel_name' | 'invalid_user_id';
  targetOf(context: RequestContext): MetadataTarget;
}

function metadataOperations(parts: MetadataParts, place: Place): readonly Operation[] {
  const { signaling } = parts;
  const answer = { description: 'The whole set.', schema: ref('MetadataSet') };
  const parameters = [appParameter, ...place.parameters];
  return [
    {
      method: 'GET',
      path: place.path,
      id: `get${place.name}Metadata`,
      summary: `The metadata of a ${place.name.toLowerCase()}`,
      style: { kind: 'native', refusals: ['invalid_app_id', place.refusal] },
      parameters,
      answer,
      handle({ context }) {
        return shown(signaling.metadata(appOf(parts, context).id, place.targetOf(context)));
      },
    },
    {
      method: 'POST',
      path: place.path,
      id: `change${place.name}Metadata`,
      summary: `Change the metadata of a ${place.name.toLowerCase()}`,
      description:
        'As a whole or not at all, durably. Revisions that are named must be those that are there; −1, the default, is any.',
      style: {
        kind: 'native',
        refusals: [
          'invalid_app_id',
          'invalid_channel_name',
          'invalid_user_id',
          'publisher_in_use',
          'metadata_outdated',
          'metadata_missing',
          'metadata_full',
          'lock_not_held',
          'channels_full',
          'rate_limited',
          'log_unavailable',
        ],
      },
      parameters,
      body: changeBody,
      answer,
      async handle({ context, body }) {
        const app = appOf(parts, context).id;
        const target = place.targetOf(context);
        const { speaker, rest } = speakerOf(body, [
          'mode',
          'items',
          'majorRevision',
          'lockName',
          'addTimeStamp',
          'addUserId',
        ]);
        const items = Array.isArray(rest.items) ? rest.items.map(withDefaults) : rest.items;
        const change = requestOf('change-metadata', { ...changeDefaults, ...rest, items, target });
        return shown(await signaling.changeMetadata(app, speaker, change));
      },
    },
  ];
}

function lockOperations(parts: LockParts): readonly Operation[] {
  const { signaling } = parts;
  return [
    {
      method: 'GET',
      path: '/v1/apps/{app}/channels/{channel}/locks',
      id: 'listLocks',
      summary: 'The locks of a channel',
      style: { kind: 'native', refusals: ['invalid_app_id', 'invalid_channel_name'] },
      parameters: [appParameter, channelParameter, channelTypeParameter],
      answer: {
        description: 'All of them.',
        schema: object({
          locks: array(
            object({
              lockName: string(),
              owner: optional(string('Empty: nobody holds it.')),
              ttl: integer('Seconds that it stays with who goes offline.'),
            }),
          ),
        }),
      },
      handle: ({ context }) => ({ locks: signaling.locks(keyOf(parts, context)) }),
    },
    {
      method: 'POST',
      path: '/v1/apps/{app}/channels/{channel}/locks/{lock}/revoke',
      id: 'revokeLock',
      summary: 'Take a lock from who holds it',
      style: {
        kind: 'native',
        refusals: [
          'invalid_app_id',
          'invalid_channel_name',
          'invalid_user_id',
          'publisher_in_use',
          'lock_unknown',
          'lock_not_held',
          'rate_limited',
          'log_unavailable',
        ],
      },
      parameters: [appParameter, channelParameter, path('lock', 'Name of the lock.'), channelTypeParameter],
      body: object({
        ...speakerSchema,
        owner: optional(string('Only if it is they who hold it.')),
      }),
      answer: { description: 'It is free, or the next one has it.', schema: object({ lockName: string() }) },
      async handle({ context, body }) {
        const key = keyOf(parts, context);
        const { lock } = context.params;
        const { speaker, rest } = speakerOf(body, ['owner']);
        const owner = rest.owner === undefined ? undefined : legalUser(rest.owner);
        if (!isSignalingName(lock)) throw new HousecountError('lock_unknown');
        await signaling.revokeLock(key, lock, speaker, owner);
        return { lockName: lock };
      },
    },
  ];
}

/** The shape of a set of metadata, as it is shown. */
export const metadataSetSchema = object({
  majorRevision: integer(),
  items: array(
    object({
      key: string(),
      value: string(),
      revision: integer(),
      updatedMs: optional(integer('UTC epoch milliseconds.')),
      author: optional(string()),
    }),
  ),
});

const shown = (metadata: Metadata) => ({ majorRevision: metadata.majorRevision, items: itemsOf(metadata) });

const speakerSchema = {
  author: string('In whose name: a legal user id.'),
  asUser: optional(boolean('The author may be a user who is logged in.')),
};

const changeBody: Schema = object({
  ...speakerSchema,
  mode: {
    ...oneOf('set', 'update', 'remove'),
    description: '`update`: of what is there; `remove`: of that too, and of all if `items` is empty.',
  },
  items: array(
    object({ key: string(), value: optional(string()), revision: optional(integer()) }),
    'Keys of at most 32 visible ASCII characters.',
  ),
  majorRevision: optional(integer()),
  lockName: optional(string('A lock of the channel that the author must hold.')),
  addTimeStamp: optional(boolean()),
  addUserId: optional(boolean()),
});

const changeDefaults = { majorRevision: -1, lockName: '', addTimeStamp: false, addUserId: false };

const withDefaults = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && !Array.isArray(item)
    ? { value: '', revision: -1, ...item }
    : item;

function speakerOf(body: unknown, more: readonly string[]) {
  const { author, asUser: _, ...rest }: Fields = fieldsOf(body, ['author', 'asUser', ...more]);
  if (author === undefined) throw new HousecountError('body_invalid', '"author" is missing.');
  return { speaker: { author: legalUser(author), asUser: flagOf(body as Fields, 'asUser') }, rest };
}
