import type { ChannelKey } from '../../channel/channel.ts';
import type { Identity } from './commands.ts';
import type { Refused } from './refused.ts';

/** The uids of identities. */
export interface Identities {
  /** The uid of an identity, for what is to be about it whether it joins or not, as a kicking rule: what its name does not tell is recorded. */
  resolve(key: ChannelKey, identity: Identity): Promise<{ ok: true; uid: number } | Refused>;
  /** The uid that an account has, whether it ever joined or not; undefined if that of its name is somebody else's, and it has no other yet. */
  uidOf(app: string, account: string): number | undefined;
  /** The uid that a join of the channel would have now; a free one for uid 0. Nothing is recorded: the join may be given another. */
  expectedUid(key: ChannelKey, identity: Identity): number;
}
