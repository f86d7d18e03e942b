import {
  HousecountError,
  type MetadataTarget,
  type SignalingChannelType,
  type SignalingLock,
  type SignalingStates,
  signalingErrors,
} from '@housecount/protocol';
import { liveKey } from '../channel/channel.ts';
import type { Metadata } from '../channel/parts/metadata.ts';
import type { Clock } from '../clock.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Identities } from '../log/contract/identities.ts';
import type { KickingRules } from '../log/contract/rules.ts';
import { spelledUid } from '../log/decide/account-uids.ts';
import { locksOf } from './locks/lock-requests.ts';
import { type KeepNeeds, publishKept } from './messages/kept-messages.ts';
import { mayTellMetadata, type Publication, publish, type Refusal, tellUser } from './messages/publish.ts';
import { type ReceiverNeeds, receiverOf } from './messages/receiver.ts';
import type { SignalingAnswer } from './names/answer.ts';
import { type ChannelKey, placeOf } from './names/channel-key.ts';
import { identityOf, uidOf } from './names/identity.ts';
import { onlineUsers, userChannels, type WhereNeeds } from './presence/queries.ts';
import { loggedSession } from './session/login/logged-memberships.ts';
import type { OwnerRates } from './session/rates/owner-rates.ts';
import type { RateKind } from './session/rates/rates.ts';
import type { Sessions } from './session/sessions.ts';
import type { SignalingLimits } from './signaling-limits.ts';
import { type MetadataChange, metadataKey, metadataProblem } from './storage/storage-requests.ts';

export interface OwnersPublication extends Publication {
  readonly publisher: string;
  /** The publisher may be a user who is logged in: the owner speaks for them. */
  readonly asUser: boolean;
  /** It goes into the history. */
  readonly isKept: boolean;
}

/** The user or name on whose behalf something is done. */
export interface Speaker {
  readonly author: string;
  /** As of a publication. */
  readonly asUser: boolean;
}

/** A page of the users that are shown in a channel. */
export interface UsersPage {
  readonly users: readonly { readonly userId: string; readonly states: SignalingStates }[];
  /** All who are shown in the channel, exact. */
  readonly count: number;
  /** Empty after the last page. */
  readonly next: string;
}

/** `reconnecting`: the connection is lost, and the session is kept for its lease. */
export type UserStatus = 'online' | 'reconnecting' | 'offline';

export interface BackendNeeds extends KeepNeeds, WhereNeeds, ReceiverNeeds {
  readonly log: KeepNeeds['log'] &
    WhereNeeds['log'] &
    ReceiverNeeds['log'] &
    Pick<KickingRules, 'createRule'> &
    Pick<Identities, 'resolve'> &
    Pick<Commands, 'submit'> &
    Pick<Channels, 'known'>;
  readonly clock: Pick<Clock, 'nowMs' | 'steadyMs'>;
  readonly sessions: Pick<Sessions, 'of' | 'kick'>;
  readonly whereabouts: WhereNeeds['whereabouts'];
  readonly ownerRates: OwnerRates;
  readonly limits: Pick<SignalingLimits, 'metadataBytesMax'>;
}

/** The operations of the server's owner, who acts and reads without a session. */
export class Backend {
  readonly #needs: BackendNeeds;

  constructor(needs: BackendNeeds) {
    this.#needs = needs;
  }

  /**
   * Publishes to a channel; what is to be kept is durable before. Returns how many connections it went to.
   * @throws HousecountError publisher_in_use, rate_limited, history_off, log_unavailable
   */
  async publish(
    app: string,
    { publisher, asUser, isKept, ...publication }: OwnersPublication,
  ): Promise<number> {
    const rates = this.#admit(app, publisher, asUser);
    const by = { app, userId: publisher, rates };
    const published = isKept
      ? await publishKept(this.#needs, by, { ...publication, channelType: 'MESSAGE' })
      : publish(this.#needs, by, publication);
    if (published.ok) return published.receivers;
    throw failureOf(published);
  }

  /**
   * Publishes to the user whom `channel` names, if they are connected; what is to be kept is kept also if not.
   * @throws HousecountError publisher_in_use, rate_limited, history_off, log_unavailable if nothing came of it
   */
  async tellUser(
    app: string,
    { publisher, asUser, isKept, ...asked }: OwnersPublication,
  ): Promise<{ readonly online: boolean; readonly kept: boolean }> {
    const rates = this.#admit(app, publisher, asUser);
    const by = { app, userId: publisher, rates };
    const publication = { ...asked, channel: receiverOf(this.#needs, app, asked.channel) };
    if (!isKept) return { online: tellUser(this.#needs, by, publication).ok, kept: false };
    const published = await publishKept(this.#needs, by, { ...publication, channelType: 'USER' });
    if (published.ok) return { online: true, kept: true };
    if (published.code === signalingErrors.receiverOfflineButKept) return { online: false, kept: true };
    if (published.code === signalingErrors.deliveredButNotKept) return { online: true, kept: false };
    throw failureOf(published);
  }

  /** @throws HousecountError no_longer_kept for a page that is not known any more. */
  async users(
    key: ChannelKey,
    { states, page }: { readonly states: boolean; readonly page: string | undefined },
  ): Promise<UsersPage> {
    const answer = await onlineUsers(this.#needs, key, {
      type: 'online-users',
      id: 0,
      ...placeOf(key),
      includedUserId: true,
      includedState: states,
      ...(page !== undefined && { page }),
    });
    const result = resultOf(answer);
    if (!result || !('occupants' in result)) throw new HousecountError('no_longer_kept');
    return { users: result.occupants, count: result.channelOccupancy, next: result.nextPage };
  }

  /** The exact number of users that are shown in a channel. */
  async count(key: ChannelKey): Promise<number> {
    return (await this.#needs.presences.fold(key)).occupancy;
  }

  /** The channels in which a user is shown; of a name that is shown in none, those of the user that a message to it is for. */
  async channelsOf(
    app: string,
    userId: string,
  ): Promise<readonly { readonly channelName: string; readonly channelType: SignalingChannelType }[]> {
    const own = await this.#shownIn(app, userId);
    const user = receiverOf(this.#needs, app, userId);
    return own.length > 0 || user === userId ? own : this.#shownIn(app, user);
  }

  async #shownIn(app: string, userId: string) {
    const result = resultOf(await userChannels(this.#needs, app, userId, 'owner'));
    return result && 'channels' in result ? result.channels : [];
  }

  /** The status of the user that a message to this name is for: logged in or not, connected or not. */
  statusOf(app: string, name: string): UserStatus {
    const session = loggedSession(this.#needs.log, app, receiverOf(this.#needs, app, name));
    if (!session) return 'offline';
    return session.member.link.state === 'live' ? 'online' : 'reconnecting';
  }

  /**
   * The identity of a user id for rules. An account that nobody ever came with has the uid of its name; one that has to give way is assigned its own now.
   * @throws HousecountError overloaded, log_unavailable
   */
  async uidFor(app: string, userId: string): Promise<{ readonly uid: number; readonly account?: string }> {
    const { log } = this.#needs;
    const identity = identityOf(log, app, userId);
    if ('uid' in identity) return identity;
    const resolved = await log.resolve(liveKey(app, ''), identity);
    if (!resolved.ok) throw new HousecountError(resolved.code, resolved.detail);
    return { uid: resolved.uid, ...identity };
  }

  /**
   * Puts somebody out of the live channel and the signaling channels of a name, once, with all that is one person with them: who has the
   * name as user id or account, or else, of a number, whoever has it as uid. Returns out of how many.
   * @throws HousecountError rate_limited, log_unavailable
   */
  async remove(app: string, channel: string, name: string): Promise<number> {
    const { log } = this.#needs;
    const channels = (['live', 'message', 'stream'] as const).map((kind) =>
      log.channel({ app, kind, name: channel }),
    );
    const isAmong = (uid: number) => channels.some((one) => one?.roster.get(uid) !== undefined);
    const spelled = spelledUid(name);
    const there = [uidOf(log, app, name), spelled].find((uid) => uid !== undefined && isAmong(uid));
    const isLinked = (channels[0]?.roster.linkedTo(name).length ?? 0) > 0;
    if (there === undefined && !isLinked) return 0;
    // A name that is an account's is told from the number that it has: who came by that account unproven has the number alone.
    const whom =
      there === undefined || isLinked
        ? await this.uidFor(app, name)
        : { uid: there, ...(there !== spelled && { account: name }) };
    const outcome = await log.createRule({ app, channel, ...whom, privileges: ['join_channel'] }, 0);
    if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
    return outcome.putOutOf;
  }

  /** Ends the session of the user that a message to this name is for, at once; they may log in again. False if there is none. */
  endSession(app: string, name: string): Promise<boolean> {
    return this.#needs.sessions.kick(app, receiverOf(this.#needs, app, name));
  }

  metadata(app: string, target: MetadataTarget): Metadata {
    return this.#needs.log.known(metadataKey(app, target)).metadata;
  }

  /**
   * Changes metadata as a user would, and returns it.
   * @throws HousecountError publisher_in_use, rate_limited, body_invalid, and those of metadata
   */
  async changeMetadata(app: string, { author, asUser }: Speaker, request: MetadataChange): Promise<Metadata> {
    const { log } = this.#needs;
    const rates = this.#admit(app, author, asUser, 'modify-metadata');
    const problem = metadataProblem(request, this.#needs.limits);
    if (problem) throw new HousecountError('body_invalid', problem.reason);
    if (!mayTellMetadata(this.#needs, { app, userId: author, rates }, request))
      throw new HousecountError('rate_limited');
    const key = metadataKey(app, request.target);
    const { mode, items, majorRevision, lockName, addTimeStamp, addUserId } = request;
    const outcome = await log.submit(key, {
      type: 'change-metadata',
      mode,
      items,
      majorRevision,
      author,
      addTimeStamp,
      addUserId,
      lockName,
      isOwners: true,
    });
    if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
    return outcome.channel.metadata;
  }

  locks(key: ChannelKey): readonly SignalingLock[] {
    return locksOf(this.#needs.log.known(key).locks);
  }

  /**
   * Takes a lock from whoever holds it, or, with `owner`, from them alone.
   * @throws HousecountError lock_unknown, lock_not_held
   */
  async revokeLock(
    key: ChannelKey,
    name: string,
    { author, asUser }: Speaker,
    owner?: string,
  ): Promise<void> {
    const { log } = this.#needs;
    this.#admit(key.app, author, asUser, 'lock');
    const lock = this.locks(key).find(({ lockName }) => lockName === name);
    if (!lock) throw new HousecountError('lock_unknown');
    const outcome = await log.submit(key, {
      type: 'revoke-lock',
      name,
      owner: owner ?? lock.owner,
      by: author,
    });
    if (!outcome.ok) throw new HousecountError(outcome.code, outcome.detail);
  }

  #admit(app: string, publisher: string, asUser: boolean, kind: RateKind = 'publish') {
    const { sessions, clock, ownerRates } = this.#needs;
    if (!asUser && sessions.of(app, publisher)) throw new HousecountError('publisher_in_use');
    const rates = ownerRates.of(app, publisher);
    if (!rates.take(kind, clock.steadyMs())) throw new HousecountError('rate_limited');
    return rates;
  }
}

/** Why a message was not published, in the codes of REST. */
function failureOf({ code, reason }: Refusal): HousecountError {
  if (code === signalingErrors.historyNotAvailable) return new HousecountError('history_off');
  const isTooMuch = code === signalingErrors.rateExceeded || code === signalingErrors.publishTooFrequent;
  return new HousecountError(isTooMuch ? 'rate_limited' : 'log_unavailable', reason);
}

const resultOf = (answer: SignalingAnswer) => (answer.ok ? answer.result : undefined);
