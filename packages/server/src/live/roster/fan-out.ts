import type { ChannelEvent, HostState, RosterViewRequest, ServerFrame } from '@housecount/protocol';
import { liveKey, type OpenChannel } from '../../channel/channel.ts';
import { type ChannelMark, isEvent, isLinkMark, isMark } from '../../channel/decision.ts';
import type { Member } from '../../channel/membership/member.ts';
import type { Clock } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Commands } from '../../log/contract/commands.ts';
import type { Feed } from '../../log/contract/feed.ts';
import { LogFollower } from '../../log/feed/log-follower.ts';
import { type LogEntry, liveChangeOf } from '../../log/record/record.ts';
import type { Broadcast, Socket } from '../../net/socket/socket.ts';
import type { Logger, Metrics } from '../../observe/contract.ts';
import type { RosterStream } from '../../rosters/roster-stream.ts';
import {
  type RosterCursor,
  type RosterReader,
  RosterSubscription,
} from '../../rosters/roster-subscription.ts';
import { RosterViews, type ViewReader } from '../../rosters/roster-views.ts';
import { defaultLiveRosterLimits, type LiveRosterLimits } from '../live-limits.ts';
import { hostsBusTopic, rosterViewBusTopic } from './bus-topics.ts';
import { hostFrameOf } from './host-frames.ts';
import { RosterFeed } from './roster-feed.ts';
import { toHostState } from './roster-member.ts';
import { openingOf } from './roster-opening.ts';
import { viewedChannel } from './roster-window.ts';
import { Streams } from './streams.ts';

export interface FanOutOptions {
  readonly log: Pick<Channels, 'channel' | 'channels'> & Pick<Commands, 'submit'> & Feed;
  /** Ids of the apps, as they are each time that it is gone through. */
  readonly apps: Iterable<string>;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: those of limits.ts. */
  readonly limits?: LiveRosterLimits;
}

/** Starts to tell the channels' clients what the log says, from now on. */
export function startFanOut(options: FanOutOptions): FanOut {
  const fanOut = new FanOut(options);
  fanOut.start();
  return fanOut;
}

/** Follows the log and fans it out: broadcasters and their streams to everybody in a channel, the roster to those who follow it. */
export class FanOut {
  readonly streams: Streams;
  readonly #options: FanOutOptions;
  readonly #limits: LiveRosterLimits;
  readonly #feeds = new Map<string, RosterFeed>();
  /** Roster streams that the batch of the log has something for. */
  readonly #touched = new Set<RosterFeed>();
  /** Views of rosters that somebody follows, by channel. */
  readonly #views = new Map<string, RosterViews<OpenChannel, Member>>();
  readonly #touchedViews = new Set<RosterViews<OpenChannel, Member>>();
  #follower: LogFollower | undefined;
  #ringChanges = 0;
  #cancelTidy: (() => void) | undefined;

  constructor(options: FanOutOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLiveRosterLimits;
    const { log, logger, metrics } = options;
    this.streams = new Streams({ log, logger });
    metrics.gauge('housecount_roster_streams', 'Channels whose roster is followed.', () => this.#feeds.size);
    metrics.gauge(
      'housecount_roster_changes_kept',
      'Changes kept for readers that come back.',
      () => this.#ringChanges,
    );
    metrics.gauge(
      'housecount_roster_views',
      'Different counts and windows of rosters that are followed.',
      () => {
        let views = 0;
        for (const { size } of this.#views.values()) views += size;
        return views;
      },
    );
  }

  /** Begins at the log's present end: whoever connects gets a state and then what comes after it. */
  start(): void {
    const { log, clock, logger } = this.#options;
    this.#follower = new LogFollower({
      log,
      clock,
      logger,
      part: 'signal',
      absorb: (entry) => this.#absorb(entry),
      settle: () => this.#settle(),
    });
    this.#tidyLater();
  }

  /** Why clients are not told what happens; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }

  /** The channel's broadcasters, in order of arrival, and what they send. */
  hosts(state: OpenChannel): HostState[] {
    return Array.from(state.roster.broadcasters(), (member) =>
      toHostState(member, this.streams.of(state.key.app, state.key.name, member.uid)),
    );
  }

  /** Sends the channel's roster to `reader`: a snapshot or the changes since `cursor`, then what follows, until stopped. */
  followRoster(
    app: string,
    channel: string,
    reader: RosterReader,
    cursor?: RosterCursor,
  ): RosterSubscription {
    const { clock, log } = this.#options;
    const feed = this.#feedOf(app, channel);
    const subscription = new RosterSubscription({ feed, reader, clock, limits: this.#limits });
    subscription.start(openingOf(feed, log.channel(liveKey(app, channel)), cursor));
    return subscription;
  }

  /** True if there is room for a reader that follows `view` and gives up `leaving` for it; see RosterViews. */
  hasRoomForView(
    app: string,
    channel: string,
    view: RosterViewRequest,
    reader: { readonly leaving?: RosterStream; readonly mayPublish?: boolean } = {},
  ): boolean {
    return this.#views.get(`${app}/${channel}`)?.hasRoom(view, reader) ?? true;
  }

  /** Sends a view of the channel's roster to `reader`: as it is, then what changes in it, until stopped. */
  followView(app: string, channel: string, view: RosterViewRequest, reader: ViewReader): RosterStream {
    return this.#viewsOf(app, channel).follow(view, reader);
  }

  /** One frame to every rtc socket of every open channel. */
  tellEveryone(frame: ServerFrame): void {
    const { apps, log } = this.#options;
    for (const app of apps) for (const { key } of log.channels(app)) this.tell(app, key.name, frame);
  }

  /** Ends the follower and all roster streams. */
  async stop(): Promise<void> {
    this.#cancelTidy?.();
    for (const feed of this.#feeds.values()) feed.stop();
    for (const views of this.#views.values()) views.stop();
    await this.#follower?.stop();
  }

  #absorb({ record }: LogEntry): void {
    if (record.type === 'absent-shown') this.#showAbsent();
    const change = liveChangeOf(record);
    if (!change || !(isMark(change) || isEvent(change))) return;
    const key = `${change.app}/${change.channel}`;
    const feed = this.#feeds.get(key);
    if (feed) this.#touched.add(feed);
    const views = this.#views.get(key);
    if (views) this.#touchedViews.add(views);
    if (isMark(change)) this.#mark(change, feed);
    else this.#event(change, feed);
  }

  /** Counts and windows are told of a state, so of all at once. */
  #showAbsent(): void {
    for (const feed of this.#feeds.values()) {
      this.#touched.add(feed);
      feed.showAbsent();
    }
    for (const views of this.#views.values()) this.#touchedViews.add(views);
  }

  #settle(): void {
    for (const feed of this.#touched) feed.settle();
    this.#touched.clear();
    for (const views of this.#touchedViews) views.settle();
    this.#touchedViews.clear();
  }

  #event(event: ChannelEvent, feed: RosterFeed | undefined): void {
    feed?.add(event);
    this.streams.absorb(event);
    const frame = hostFrameOf(event, this.streams);
    if (frame) this.tell(event.app, event.channel, frame);
  }

  #mark(mark: ChannelMark, feed: RosterFeed | undefined): void {
    if (mark.type === 'streams-set') {
      const { app, channel, uid, audio, video } = mark;
      this.tell(app, channel, { type: 'host-streams', uid, audio, video });
    }
    if (!feed) return;
    if (mark.type === 'person-known') {
      const sid = this.#options.log.channel(liveKey(mark.app, mark.channel))?.sid;
      // If the member has left by now, or come anew, that is on its way, and takes this back.
      if (sid !== undefined && mark.userId !== undefined) feed.linked(mark.uid, mark.userId, sid);
    }
    if (!isLinkMark(mark)) return;
    // Nobody was told that it was silent.
    if (mark.type === 'link-live' && mark.unbroken) return;
    // A connection belongs to one life of the channel. If it is not in the present one it has left, and that is on its way.
    const state = this.#options.log.channel(liveKey(mark.app, mark.channel));
    if (state?.roster.getByConnection(mark.connectionId)) feed.mark(mark, state.sid);
  }

  /** One frame to every rtc socket of the channel, but for `except`; it is encoded once. */
  tell(app: string, channel: string, frame: ServerFrame, except?: Socket): void {
    this.#options.broadcast.publish(hostsBusTopic(app, channel), JSON.stringify(frame), except);
  }

  #feedOf(app: string, channel: string): RosterFeed {
    const key = `${app}/${channel}`;
    const known = this.#feeds.get(key);
    if (known) return known;
    const { broadcast, clock, log } = this.#options;
    const feed: RosterFeed = new RosterFeed({
      app,
      channel,
      broadcast,
      clock,
      state: () => log.channel(liveKey(app, channel)),
      ringChangesMax: this.#limits.rosterRingChangesMax,
      onRingSize: (delta) => {
        this.#ringChanges += delta;
        if (delta > 0 && this.#ringChanges > this.#limits.rosterRingChangesTotalMax)
          feed.ring.shed(this.#limits.rosterRingChangesMax / 4);
      },
    });
    this.#feeds.set(key, feed);
    return feed;
  }

  #viewsOf(app: string, channel: string): RosterViews<OpenChannel, Member> {
    const key = `${app}/${channel}`;
    const known = this.#views.get(key);
    if (known) return known;
    const { broadcast, clock, log } = this.#options;
    const views = new RosterViews({
      roster: viewedChannel,
      topicOf: (view) => rosterViewBusTopic(app, channel, view),
      broadcast,
      clock,
      state: () => log.channel(liveKey(app, channel)),
      limits: this.#limits,
      onEmpty: () => this.#views.delete(key),
    });
    this.#views.set(key, views);
    return views;
  }

  /** Forgets streams that nobody has read for `rosterRingIdleMs`. */
  #tidyLater(): void {
    const { clock } = this.#options;
    this.#cancelTidy = clock.after(this.#limits.rosterRingIdleMs / 2, () => {
      const steadyMs = clock.steadyMs();
      for (const [key, feed] of this.#feeds) {
        if (feed.readers > 0 || steadyMs - feed.idleSinceMs < this.#limits.rosterRingIdleMs) continue;
        feed.stop();
        this.#feeds.delete(key);
      }
      this.#tidyLater();
    });
  }
}
