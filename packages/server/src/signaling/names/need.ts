import { type MetadataTarget, type SignalingErrorCode, signalingErrors } from '@housecount/protocol';
import type { Access, Resource } from '../../token/permissions.ts';
import { type ChannelKey, type ChannelPlace, kindOf } from './channel-key.ts';

/** The permission that a request needs if its token has lists of them, and the API's error code for a token without it. */
export interface Need {
  /** Any of them. */
  readonly access: readonly Access[];
  readonly resource: Resource;
  readonly name: string;
  readonly code: SignalingErrorCode;
}

export const resourceOf = (kind: ChannelKey['kind']): Resource =>
  kind === 'stream' ? 'streamChannels' : 'messageChannels';

export const needOfChannel = (
  place: ChannelPlace,
  access: readonly Access[],
  code: SignalingErrorCode,
): Need => ({
  access,
  resource: resourceOf(kindOf(place.channelType)),
  name: place.channel,
  code,
});

/** A request about the user's own data needs no permission. */
export const needOfUser = (
  self: string,
  name: string,
  access: Access,
  code: SignalingErrorCode,
): Need | 'nothing' => (name === self ? 'nothing' : { access: [access], resource: 'users', name, code });

export const needOfTarget = (self: string, target: MetadataTarget, access: Access): Need | 'nothing' =>
  'userId' in target
    ? needOfUser(self, target.userId, access, signalingErrors.storageFailed)
    : needOfChannel(target, [access], signalingErrors.storageFailed);

/** No permission is needed by requests that give something up, or set the user's own state where the user is. */
export const nothing = (): 'nothing' => 'nothing';
