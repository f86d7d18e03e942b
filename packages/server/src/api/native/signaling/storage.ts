import { HousecountError, isSignalingName, type MetadataTarget } from '@housecount/protocol';
import {
  lockList,
  lockRevocation,
  metadataChange,
  metadataSet,
  readBody,
  revokedLock,
} from '@housecount/schema';
import type { Metadata } from '../../../channel/parts/metadata.ts';
import { limits as defaults, type LimitsOf } from '../../../limits.ts';
import type { RequestContext } from '../../../net/http/route.ts';
import type { Backend } from '../../../signaling/backend.ts';
import { placeOf } from '../../../signaling/names/channel-key.ts';
import { itemsOf } from '../../../signaling/storage/storage-requests.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, channelParameter, type Parameter, path } from '../../request/parameters.ts';
import { requestOf } from './body.ts';
import { channelTypeParameter, keyOf, userOf, userParameter } from './places.ts';

interface MetadataParts extends AppList {
  readonly signaling: Pick<Backend, 'metadata' | 'changeMetadata'>;
  /** Default: those of limits.ts. */
  readonly limits?: LimitsOf<'metadataBytesMax'>;
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
      return placeOf(keyOf(parts, context));
    },
  };
  const user: Place = {
    name: 'User',
    path: '/v1/apps/{app}/users/{user}/metadata',
    parameters: [userParameter],
    refusal: 'invalid_user_id',
    targetOf: (context) => ({ userId: userOf(context) }),
  };
  // The one shape of a change, of a channel or a user: its name is published once.
  const change = metadataChange(parts.limits ?? defaults);
  return [
    ...metadataOperations(parts, channel, change),
    ...metadataOperations(parts, user, change),
    ...lockOperations(parts),
  ];
}

/** The owner of metadata: a channel or a user, with its path and parameters. */
interface Place {
  readonly name: 'Channel' | 'User';
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly refusal: 'invalid_channel_name' | 'invalid_user_id';
  targetOf(context: RequestContext): MetadataTarget;
}

function metadataOperations(
  parts: MetadataParts,
  place: Place,
  change: ReturnType<typeof metadataChange>,
): readonly Operation[] {
  const { signaling } = parts;
  const answer = { description: 'The whole set.', schema: metadataSet };
  const parameters = [appParameter, ...place.parameters];
  return [
    operation({
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
    }),
    operation({
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
      body: change,
      answer,
      async handle({ context, body }) {
        const app = appOf(parts, context).id;
        const target = place.targetOf(context);
        const { author, asUser, items, ...rest } = readBody(change, body);
        const request = requestOf('change-metadata', {
          ...changeDefaults,
          ...rest,
          items: items.map((item) => ({ ...itemDefaults, ...item })),
          target,
        });
        return shown(await signaling.changeMetadata(app, { author, asUser: asUser ?? false }, request));
      },
    }),
  ];
}

function lockOperations(parts: LockParts): readonly Operation[] {
  const { signaling } = parts;
  return [
    operation({
      method: 'GET',
      path: '/v1/apps/{app}/channels/{channel}/locks',
      id: 'listLocks',
      summary: 'The locks of a channel',
      style: { kind: 'native', refusals: ['invalid_app_id', 'invalid_channel_name'] },
      parameters: [appParameter, channelParameter, channelTypeParameter],
      answer: {
        description: 'All of them.',
        schema: lockList,
      },
      handle: ({ context }) => ({ locks: signaling.locks(keyOf(parts, context)) }),
    }),
    operation({
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
      body: lockRevocation,
      answer: { description: 'It is free, or the next one has it.', schema: revokedLock },
      async handle({ context, body }) {
        const key = keyOf(parts, context);
        const { lock } = context.params;
        const { author, asUser, owner } = readBody(lockRevocation, body);
        if (!isSignalingName(lock)) throw new HousecountError('lock_unknown');
        await signaling.revokeLock(key, lock, { author, asUser: asUser ?? false }, owner);
        return { lockName: lock };
      },
    }),
  ];
}

const shown = (metadata: Metadata) => ({ majorRevision: metadata.majorRevision, items: itemsOf(metadata) });

const changeDefaults = { majorRevision: -1, lockName: '', addTimeStamp: false, addUserId: false };

const itemDefaults = { value: '', revision: -1 };
