import { accountBytesMax, channelNameBytesMax, uidMax } from '@housecount/protocol';
import { integer, refusing, string } from './shape.ts';

/** What people and channels are called, as `names.ts` of the protocol has it. */

const legal = '[A-Za-z0-9 !#$%&()+\\-:;<=.>?@\\[\\]\\^_{}\\|~,]';
/** What is legal as the name of a live channel or an account. */
export const namePattern = (lengthMax: number) => `^(?!\\.{1,2}$)${legal}{1,${lengthMax}}$`;
/** What is legal as the name of a channel, user or topic of signaling. */
export const signalingNamePattern = (lengthMax: number) =>
  `^(?!_)[ !#$%&()+,\\-:;<=>?@\\[\\]\\^_\\{\\|\\}~0-9A-Za-z]{1,${lengthMax}}$`;

export const appId = (description: string) =>
  refusing(string(description, { pattern: '^[0-9a-fA-F]{32}$' }), {
    must: '32 hexadecimal characters',
    code: 'invalid_app_id',
  });

export const channelName = (description: string) =>
  refusing(string(description, { pattern: namePattern(channelNameBytesMax) }), { must: 'a channel name' });

/** A string account of a live channel. */
export const accountName = (description: string) =>
  refusing(string(description, { pattern: namePattern(accountBytesMax) }), { must: 'a string account' });

/** The name of somebody who may be in live channels alone: any account, of which every user id is one. */
export const account = (description: string) =>
  refusing(string(description, { pattern: namePattern(accountBytesMax) }), {
    must: 'a user id or an account',
    code: 'invalid_user_id',
  });

/** A user id of signaling. */
export const userId = (description: string) =>
  refusing(string(description, { pattern: signalingNamePattern(64) }), {
    must: '1 to 64 characters of the legal set, not beginning with "_"',
    code: 'invalid_user_id',
  });

/** Of a member that is there. */
export const memberUid = (description: string) => integer(description, { minimum: 1, maximum: uidMax });
