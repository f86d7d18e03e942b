import type { Profile } from '@housecount/protocol';
import { matchesName } from '../glob.ts';
import type { TokenApp } from './verify.ts';

/** An app as connections need it. */
export interface EdgeApp extends TokenApp {
  /** The members who may follow the roster over WebSocket. Counts are for everyone in the channel. */
  readonly rosterVisibleTo: 'everyone' | 'broadcasters';
  /** Publishing needs the publish privilege in the token. */
  readonly coHostAuthentication: boolean;
  /** Members are linked to the signaling users whom their page proves, or their token names. */
  readonly linkIdentities: boolean;
  /** The debounce of presence, milliseconds: so long a link that a page has said comes is awaited. */
  readonly signaling: { readonly debounceMs: number };
  /** Profiles that are not for clients to choose, by pattern of channel names: the first that fits counts. */
  readonly profiles: readonly PinnedProfile[];
}

export interface PinnedProfile {
  /** A name, in which each `*` stands for any characters. */
  readonly channels: string;
  readonly profile: Profile;
}

/** The profile that the app has pinned for the channel, if it has. */
export const pinnedProfile = ({ profiles }: EdgeApp, channel: string): Profile | undefined =>
  profiles.find(({ channels }) => matchesName(channels, channel))?.profile;
