import type { MetadataTarget, SignalingMetadataItem, SignalingRequest } from '@housecount/protocol';
import type { ChannelKey } from '../../channel/channel.ts';
import type { Metadata } from '../../channel/parts/metadata.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Commands } from '../../log/contract/commands.ts';
import { done, refused, refusedByLog, type SignalingAnswer } from '../names/answer.ts';
import { keyOf } from '../names/channel-key.ts';
import { homeOf } from '../names/home.ts';
import { type AppSignalingLimits, defaultAppSignalingLimits } from '../signaling-limits.ts';

type MetadataLimits = Pick<AppSignalingLimits, 'metadataBytesMax' | 'metadataItemsMax'>;

/** Characters of a key (spec: signaling 4.1). */
const keyLengthMax = 32;

type ChangeRequest = Extract<SignalingRequest, { type: 'change-metadata' }>;
export type MetadataChange = Omit<ChangeRequest, 'type' | 'id'>;

/** The key of the place where metadata is kept: with its channel, or with a user in a place of their own. */
export const metadataKey = (app: string, target: MetadataTarget): ChannelKey =>
  'userId' in target ? homeOf(app, target.userId) : keyOf(app, target);

/** Changes a set of metadata, durably, in the name of `author`; resolves with its new revision. */
export async function changeMetadata(
  log: Pick<Commands, 'submit'>,
  app: string,
  author: string,
  request: ChangeRequest,
  limits: MetadataLimits = defaultAppSignalingLimits,
): Promise<SignalingAnswer> {
  const problem = metadataProblem(request, limits);
  if (problem) return problem;
  const { target, mode, items, majorRevision, lockName, addTimeStamp, addUserId } = request;
  const outcome = await log.submit(metadataKey(app, target), {
    type: 'change-metadata',
    mode,
    items,
    majorRevision,
    author,
    addTimeStamp,
    addUserId,
    lockName,
  });
  if (outcome.ok) return done(countsOf(outcome.channel.metadata));
  return refusedByLog(outcome.code, outcome.detail, refusals(limits), -12001);
}

/** A set of metadata, whole. */
export function readMetadata(
  log: Pick<Channels, 'known'>,
  app: string,
  target: MetadataTarget,
): SignalingAnswer {
  const { metadata } = log.known(metadataKey(app, target));
  return done({ ...countsOf(metadata), items: itemsOf(metadata) });
}

/** The items of a set as they go to clients. */
export const itemsOf = ({ items }: Metadata): readonly SignalingMetadataItem[] =>
  Object.entries(items).map(([key, { by: _, ...item }]) => ({ key, ...item }));

const countsOf = ({ majorRevision, items }: Metadata) => ({
  majorRevision,
  totalCount: Object.keys(items).length,
});

const refusals = ({ metadataBytesMax, metadataItemsMax }: MetadataLimits) =>
  ({
    metadata_outdated: [-12014, 'The metadata has changed since the revision that was named.'],
    metadata_missing: [-12003, 'There is no metadata under one of the keys.'],
    metadata_full: [
      -12006,
      `A set of metadata holds at most ${metadataBytesMax} bytes and ${metadataItemsMax} items.`,
    ],
    lock_not_held: [-12008, 'The lock that was named is not held by this user.'],
  }) as const;

/** The fault of a change that makes it illegal whatever is kept; undefined: it has none. */
export function metadataProblem(
  { mode, items, majorRevision }: MetadataChange,
  { metadataBytesMax }: Pick<MetadataLimits, 'metadataBytesMax'>,
): Extract<SignalingAnswer, { ok: false }> | undefined {
  if (mode !== 'remove' && items.length === 0) return refused(-12003, 'There is no metadata item.');
  if (!isRevision(majorRevision)) return refused(-12005, 'A major revision is −1 or above 0.');
  const keys = new Set<string>();
  for (const { key, value, revision } of items) {
    if (!/^[\x20-\x7e]+$/.test(key)) return refused(-12009, 'A key is a text of visible ASCII characters.');
    if (key.length > keyLengthMax) return refused(-12011, `A key has at most ${keyLengthMax} characters.`);
    if (keys.has(key)) return refused(-12013, 'A key is named twice.');
    keys.add(key);
    if (Buffer.byteLength(value) > metadataBytesMax)
      return refused(-12012, `A value has at most ${metadataBytesMax} bytes.`);
    if (!isRevision(revision)) return refused(-12005, 'A revision is −1 or above 0.');
  }
  return undefined;
}

const isRevision = (revision: number): boolean => revision === -1 || revision > 0;
