import { intervalMs, passedMs } from '@housecount/link';
import type { ClientEvents } from '../api/client-events.ts';
import type { PublishableTrack } from '../api/tracks.ts';
import type { UID } from '../api/uid.ts';
import type { RemoteHost } from '../media/remote-hosts.ts';
import { volumeIntervalMs } from '../settings.ts';
import { StatsCollector } from '../stats/collector.ts';
import { ExceptionWatch } from '../stats/exceptions.ts';
import { type Judge, judgeReceived, judgeSent, type Sent } from '../stats/judgements.ts';
import { localAudioStats, localVideoStats, type Reading } from '../stats/local-stats.ts';
import { downlinkQuality, qualityOf, uplinkQuality } from '../stats/network-quality.ts';
import { remoteAudioStats, remoteVideoStats } from '../stats/remote-stats.ts';
import { activePair, find } from '../stats/report.ts';
import {
  type AgoraRTCStats,
  emptyLocalAudioStats,
  emptyLocalVideoStats,
  emptyRemoteAudioStats,
  emptyRemoteVideoStats,
  type LocalAudioStats,
  type LocalVideoStats,
  type NetworkQuality,
  type RemoteAudioStats,
  type RemoteVideoStats,
} from '../stats/stats.ts';
import { LocalAudioTrack } from '../tracks/local-audio-track.ts';
import { LocalTrack } from '../tracks/local-track.ts';
import { LocalVideoTrack } from '../tracks/local-video-track.ts';
import type { ChannelSession } from './channel-session.ts';

type Emit = <K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]) => void;

/** Readings once a second; network quality every other one. */
const readMs = 1000;
/** Received bytes that stand still for this long, milliseconds, while the host sends: is the session still there? */
const stallMsMax = 6000;

/** Measures a joined client, and tells the figures at intervals. */
export class ClientStats {
  readonly #collector = new StatsCollector();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #exceptions = new ExceptionWatch((event) => this.emit('exception', event));
  #isOver = false;
  #volumeTimer: ReturnType<typeof setInterval> | undefined;
  #turn = 0;
  /** The quality as the server's answers show it, while there is no media. */
  #probed: NetworkQuality['uplinkNetworkQuality'] = 0;
  readonly #flow = new Map<RemoteHost, { bytes: number; frames: number; sinceMs: number }>();

  constructor(
    private readonly session: ChannelSession,
    private readonly emit: Emit,
    /** Resolves with the milliseconds until the server answered; asked while there is no media to measure. Undefined: nobody wants to know. */
    private readonly probe?: () => Promise<number | undefined>,
  ) {
    this.#timer = setInterval(() => void this.#read(), readMs);
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    clearInterval(this.#volumeTimer);
  }

  /** Tells `volume-indicator` from now on. */
  indicateVolume(): void {
    this.#volumeTimer ??= setInterval(
      () => this.emit('volume-indicator', this.#volumes()),
      intervalMs(volumeIntervalMs()),
    );
  }

  rtcStats(): AgoraRTCStats {
    const { sentBytes, receivedBytes, sentRate, receivedRate } = this.#collector.totals();
    const pair = this.#local && activePair(this.#local.now.report);
    const remote = this.session.hosts.all.map((host) => this.#of(host)).find((each) => each !== undefined);
    const rttSeconds = (pair ?? (remote && activePair(remote.now.report)))?.currentRoundTripTime ?? 0;
    return {
      Duration: Math.floor((passedMs() - this.session.joinedAtMs) / 1000),
      RecvBitrate: receivedRate,
      SendBitrate: sentRate,
      RecvBytes: receivedBytes,
      SendBytes: sentBytes,
      UserCount: this.session.hosts.users.length + 1,
      RTT: Math.round(rttSeconds * 1000),
      OutgoingAvailableBandwidth: (pair?.availableOutgoingBitrate ?? 0) / 1000,
    };
  }

  localAudio(): LocalAudioStats {
    const local = this.#local;
    return local ? localAudioStats(local.now, local.before) : emptyLocalAudioStats();
  }

  localVideo(): LocalVideoStats {
    const local = this.#local;
    return local ? localVideoStats(local.now, local.before, local.sinceMs) : emptyLocalVideoStats();
  }

  remoteAudio(): Record<string, RemoteAudioStats> {
    return this.#perHost(
      (host) => host.subscription.audio !== undefined,
      (host) => this.#remoteAudioOf(host),
    );
  }

  remoteVideo(): Record<string, RemoteVideoStats> {
    return this.#perHost(
      (host) => host.subscription.video !== undefined,
      (host) => this.#remoteVideoOf(host),
    );
  }

  quality(): NetworkQuality {
    const down = this.session.hosts.all
      .map((host) => this.#of(host))
      .filter((each) => each !== undefined)
      .map((each) => downlinkQuality(each.now, each.before));
    return {
      uplinkNetworkQuality: this.#local ? uplinkQuality(this.#local.now) : this.#probed,
      downlinkNetworkQuality: down.length > 0 ? (Math.max(...down) as 0 | 1 | 2 | 3 | 4 | 5) : this.#probed,
    };
  }

  remoteQuality(): Record<string, NetworkQuality> {
    return this.#perHost(
      (host) => this.#of(host) !== undefined,
      (host) => {
        const reading = this.#of(host);
        return {
          uplinkNetworkQuality: 0,
          downlinkNetworkQuality: reading ? downlinkQuality(reading.now, reading.before) : 0,
        };
      },
    );
  }

  get #local() {
    return this.#collector.of(this.session.publisher.session?.connection);
  }

  #of(host: RemoteHost): { now: Reading; before?: Reading; sinceMs: number } | undefined {
    return this.#collector.of(host.subscription.session?.connection);
  }

  #remoteAudioOf(host: RemoteHost): RemoteAudioStats {
    const reading = this.#of(host);
    return reading ? remoteAudioStats(reading.now, reading.before, reading.sinceMs) : emptyRemoteAudioStats();
  }

  #remoteVideoOf(host: RemoteHost): RemoteVideoStats {
    const reading = this.#of(host);
    return reading ? remoteVideoStats(reading.now, reading.before, reading.sinceMs) : emptyRemoteVideoStats();
  }

  #perHost<T>(has: (host: RemoteHost) => boolean, of: (host: RemoteHost) => T): Record<string, T> {
    const hosts = this.session.hosts.all.filter(has);
    return Object.fromEntries(hosts.map((host) => [host.user.uid, of(host)]));
  }

  async #read(): Promise<void> {
    const { publisher, hosts } = this.session;
    publisher.refresh();
    this.#bind();
    const connections = [publisher.session, ...hosts.all.map((host) => host.subscription.session)]
      .filter((session) => session !== undefined)
      .map((session) => session.connection);
    const nowMs = passedMs();
    await this.#collector.read(connections, nowMs);
    this.#watchFlow(nowMs);
    this.#judge();
    this.#turn += 1;
    if (this.#turn % 2 !== 0) return;
    await this.#probe(connections.length === 0);
    if (!this.#isOver) this.emit('network-quality', this.quality());
  }

  async #probe(isWithoutMedia: boolean): Promise<void> {
    if (!isWithoutMedia) this.#probed = 0;
    else if (this.probe) {
      const ms = await this.probe();
      this.#probed = ms === undefined ? 6 : qualityOf(0, ms);
    }
  }

  /** Says what of that which is sent, or received and played, goes wrong. */
  #judge(): void {
    const { publisher, hosts, uid } = this.session;
    const judge: Judge = (...judgement) => this.#exceptions.judge(...judgement);
    const local = this.#local;
    if (local?.before)
      judgeSent(uid, sentOf(publisher.tracks), { now: local.now, before: local.before }, judge);
    for (const host of hosts.all) {
      const reading = this.#of(host);
      if (!reading?.before) continue;
      const { audio, video } = host.subscription;
      const played = { audio: audio?.isPlaying === true, video: video?.isPlaying === true };
      judgeReceived(host.user.uid, played, { now: reading.now, before: reading.before }, judge);
    }
    this.#exceptions.settle();
  }

  /** The tracks' own, deprecated getStats() answers the same figures. */
  #bind(): void {
    for (const track of this.session.publisher.tracks)
      if (track instanceof LocalTrack)
        track.readStats = () => (track.trackMediaType === 'audio' ? this.localAudio() : this.localVideo());
    for (const host of this.session.hosts.all) {
      const { audio, video } = host.subscription;
      if (audio) audio.readStats = () => this.#remoteAudioOf(host);
      if (video) video.readStats = () => this.#remoteVideoOf(host);
    }
  }

  /** A session that stands still may be one that the server no longer has: it is asked. */
  #watchFlow(nowMs: number): void {
    const hosts = new Set(this.session.hosts.all);
    for (const known of this.#flow.keys()) if (!hosts.has(known)) this.#flow.delete(known);
    for (const host of hosts) {
      const reading = this.#of(host);
      if (!reading) continue;
      const { report } = reading.now;
      const bytes = report.reduce(
        (sum, each) => sum + (each.type === 'inbound-rtp' ? (each.bytesReceived ?? 0) : 0),
        0,
      );
      const frames = find(report, 'inbound-rtp', 'video')?.framesDecoded ?? 0;
      const before = this.#flow.get(host);
      host.subscription.video?.setFlowing(frames !== before?.frames);
      if (bytes !== before?.bytes) this.#flow.set(host, { bytes, frames, sinceMs: nowMs });
      else if (nowMs - before.sinceMs > stallMsMax) {
        this.#flow.set(host, { bytes, frames, sinceMs: nowMs });
        host.subscription.check();
      } else before.frames = frames;
    }
  }

  #volumes(): { uid: UID; level: number }[] {
    const percent = (level: number): number => Math.round(level * 100);
    const own = this.session.publisher.tracks.filter((track) => track instanceof LocalAudioTrack);
    const heard = this.session.hosts.all.flatMap(({ user, subscription }) =>
      subscription.audio ? [{ uid: user.uid, level: percent(subscription.audio.getVolumeLevel()) }] : [],
    );
    if (own.length === 0) return heard;
    const level = Math.max(...own.map((track) => percent(track.getVolumeLevel())));
    return [{ uid: this.session.uid, level }, ...heard];
  }
}

/** What of these tracks is heard and seen by others. */
function sentOf(tracks: readonly PublishableTrack[]): Sent {
  const sent = tracks.filter((track) => track.enabled !== false && track.muted !== true);
  const picture = sent.find((track) => track.trackMediaType === 'video');
  return {
    audio: sent.some((track) => track.trackMediaType === 'audio'),
    ...(picture && { video: { frameRate: frameRateOf(picture) } }),
  };
}

/** The frame rate that was asked for; that of the usual preset where nothing was. */
function frameRateOf(track: PublishableTrack): number {
  const asked = track instanceof LocalVideoTrack ? track.encoder.frameRate : undefined;
  return (typeof asked === 'number' ? asked : (asked?.exact ?? asked?.ideal ?? asked?.max)) ?? 15;
}
