import { type MetadataTarget, type SignalingErrorCode, signalingErrors } from '@housecount/protocol';
import type { Access, Resource } from '../../token/permissions.ts';
import { type ChannelKey, type ChannelPlace, kindOf } from './channel-key.ts';

/** What a request needs of a token that has lists of permissions, and the code of the API for who has it not. */
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

/** What is one's own needs nothing. */
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

/** To give something up, and to say something of oneself where one is, needs nothing. */
export const nothing = (): 'nothing' => 'nothing';
