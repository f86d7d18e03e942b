import type { DemoToken } from '@housecount/client';
import AgoraRTC from '@housecount/rtc';
import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../api/client.ts';
import { serverAddress } from '../shell/base.ts';
import { nameOf } from '../words/person.ts';
import { wordsOfReason } from '../words/reasons.ts';
import type { Tracks } from './media/use-local-media.ts';
import { type FeedItem, withLine } from './panels/feed.ts';
import { endingOf, type Problem, roomProblem } from './problems.ts';
import type { Entry } from './room-memory.ts';
import type { Client, Person, RemoteUser } from './sdk.ts';

/** Milliseconds between two drawings of the room, so that a storm of joins does not freeze the page. */
const drawEveryMs = 100;

/** A host other than this page, with what it sends. */
export interface RemoteHost {
  readonly user: RemoteUser;
  readonly video: RemoteUser['videoTrack'];
  readonly hasAudio: boolean;
}

export interface Room {
  readonly state: 'joining' | 'live' | 'reconnecting' | 'ended';
  /** Why it ended; absent while it has not. */
  readonly ending?: Problem;
  /** A step that failed while the room goes on. */
  readonly problem?: Problem;
  readonly hosting: boolean;
  readonly changingRole: boolean;
  readonly members: readonly Person[];
  readonly viewers: number;
  readonly hosts: readonly RemoteHost[];
  readonly feed: readonly FeedItem[];
  readonly soundBlocked: boolean;
  hear(): void;
  comeOnStage(tracks: Tracks): Promise<boolean>;
  stepBack(): Promise<boolean>;
  leave(): Promise<void>;
  dismissProblem(): void;
}

interface Picture {
  readonly members: readonly Person[];
  readonly viewers: number;
  readonly hosts: readonly RemoteHost[];
  readonly feed: readonly FeedItem[];
}
const emptyPicture: Picture = { members: [], viewers: 0, hosts: [], feed: [] };

/** A token that lets `account` into `channel`, from the server's development endpoint. */
function demoToken({ channel, account }: Entry, role: Entry['role']): Promise<DemoToken> {
  return api.call('getDemoToken', { channel, account, role: role === 'host' ? 'broadcaster' : 'audience' });
}

/** Joins the room of `entry` while the component is shown, publishes `tracks` if it is a host, and follows who is there. */
export function useRoom(entry: Entry, tracks: Tracks | undefined): Room {
  const [state, setState] = useState<Room['state']>('joining');
  const [ending, setEnding] = useState<Problem>();
  const [problem, setProblem] = useState<Problem>();
  const [hosting, setHosting] = useState(entry.role === 'host');
  const [changingRole, setChangingRole] = useState(false);
  const [picture, setPicture] = useState(emptyPicture);
  const [soundBlocked, setSoundBlocked] = useState(false);
  const client = useRef<Client>(undefined);
  const hostingNow = useRef(hosting);
  hostingNow.current = hosting;
  const latestTracks = useRef(tracks);
  latestTracks.current = tracks;

  // One entry is one stay in the room.
  useEffect(() => {
    AgoraRTC.setParameter('HOUSECOUNT_URL', serverAddress());
    const rtc = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    let over = false;
    let feed: readonly FeedItem[] = [];
    let drawing: ReturnType<typeof setTimeout> | undefined;
    let roster: Awaited<ReturnType<Client['roster']>> | undefined;
    /** Hosts that stepped back and are about to show up in the audience: that is no new arrival. */
    const steppedBack = new Set<Person['uid']>();
    const alreadyOnStage = new Set<Person['uid']>();

    const draw = () => {
      drawing ??= setTimeout(() => {
        drawing = undefined;
        setPicture({
          members: [...(roster?.members.values() ?? [])],
          viewers: roster?.audienceCount ?? 0,
          hosts: rtc.remoteUsers.map((user) => ({ user, video: user.videoTrack, hasAudio: user.hasAudio })),
          feed,
        });
      }, drawEveryMs);
    };
    const tell = (tone: FeedItem['tone'], name: string, words: string) => {
      feed = withLine(feed, { atMs: Date.now(), tone, name, words });
      draw();
    };
    const end = (why: Problem) => {
      if (over) return;
      over = true;
      setEnding(why);
      setState('ended');
    };

    rtc.on('audience-joined', (member) => {
      const onStage = rtc.remoteUsers.some((user) => user.uid === member.uid);
      if (steppedBack.delete(member.uid) || onStage || member.uid === entry.account) draw();
      else tell('in', nameOf(member), 'joined');
    });
    rtc.on('audience-left', (member, reason) => {
      if (reason === 'became-host' || member.uid === entry.account) draw();
      else tell('out', nameOf(member), `left (${wordsOfReason(reason)})`);
    });
    rtc.on('audience-count', draw);
    rtc.on('member-interrupted', (member) => tell('quiet', nameOf(member), 'is interrupted'));
    rtc.on('member-back', (member) => tell('quiet', nameOf(member), 'is back'));
    rtc.on('user-joined', (user) => {
      // Those who stood there when this page came are no news.
      if (roster === undefined || alreadyOnStage.delete(user.uid)) draw();
      else tell('stage', nameOf(user), 'came on stage');
    });
    rtc.on('user-left', (user, reason) => {
      if (reason === 'BecomeAudience') {
        if (roster?.members.get(user.uid)?.role !== 'audience') steppedBack.add(user.uid);
        tell('stage', nameOf(user), 'stepped back');
      } else tell('out', nameOf(user), `left (${wordsOfReason(reason === 'Quit' ? 'quit' : 'timeout')})`);
    });
    rtc.on('user-published', async (user, kind) => {
      try {
        await rtc.subscribe(user, kind);
        if (kind === 'audio') user.audioTrack?.play();
      } catch (error) {
        // The host may be gone again by now; then there is nothing to say.
        if (!over && rtc.remoteUsers.includes(user)) setProblem(roomProblem(error));
      }
      draw();
    });
    rtc.on('user-unpublished', draw);
    rtc.on('connection-state-change', (current, _before, reason) => {
      if (over) return;
      if (current === 'CONNECTED') setState('live');
      else if (current === 'RECONNECTING') setState('reconnecting');
      else if (current === 'DISCONNECTED' && reason !== 'LEAVE') end(endingOf(reason));
    });
    rtc.on('token-privilege-will-expire', async () => {
      try {
        await rtc.renewToken((await demoToken(entry, hostingNow.current ? 'host' : 'audience')).token);
      } catch (error) {
        setProblem(roomProblem(error));
      }
    });
    const onBlocked = () => setSoundBlocked(true);
    AgoraRTC.on('autoplay-failed', onBlocked);

    const join = async () => {
      try {
        const { app, token } = await demoToken(entry, entry.role);
        if (over) return;
        await rtc.setClientRole(entry.role);
        await rtc.join(app, entry.channel, token, entry.account);
        client.current = rtc;
        setState('live');
        if (entry.role === 'host') tell('stage', 'You', 'went live');
        roster = await rtc.roster();
        for (const { uid, role } of roster.members.values()) if (role === 'host') alreadyOnStage.add(uid);
        for (const { uid } of rtc.remoteUsers) alreadyOnStage.delete(uid);
        draw();
        const { audio, video } = latestTracks.current ?? {};
        const sent = [audio, video].filter((track) => track !== undefined);
        if (entry.role === 'host' && sent.length > 0) await rtc.publish(sent);
      } catch (error) {
        if (client.current === rtc) setProblem(roomProblem(error));
        else end(roomProblem(error));
      }
    };
    // In the next turn: a component that is mounted, unmounted and mounted again at once joins one time.
    const starting = setTimeout(() => void join());

    return () => {
      over = true;
      clearTimeout(starting);
      clearTimeout(drawing);
      AgoraRTC.off('autoplay-failed', onBlocked);
      rtc.removeAllListeners();
      if (client.current === rtc) client.current = undefined;
      rtc.leave().catch(() => undefined);
    };
  }, [entry]);

  const change = useCallback(async (step: (rtc: Client) => Promise<void>): Promise<boolean> => {
    const rtc = client.current;
    if (rtc === undefined) return false;
    setChangingRole(true);
    setProblem(undefined);
    try {
      await step(rtc);
      return true;
    } catch (error) {
      setProblem(roomProblem(error));
      return false;
    } finally {
      setChangingRole(false);
    }
  }, []);

  const comeOnStage = useCallback(
    (sent: Tracks) =>
      change(async (rtc) => {
        // A host's token: an app may ask for the right to publish.
        await rtc.renewToken((await demoToken(entry, 'host')).token);
        await rtc.setClientRole('host');
        setHosting(true);
        await rtc.publish([sent.audio, sent.video].filter((track) => track !== undefined));
      }),
    [change, entry],
  );
  const stepBack = useCallback(
    () =>
      change(async (rtc) => {
        await rtc.unpublish();
        await rtc.setClientRole('audience');
        setHosting(false);
      }),
    [change],
  );

  return {
    state,
    ...(ending && { ending }),
    ...(problem && { problem }),
    hosting,
    changingRole,
    ...picture,
    soundBlocked,
    // The SDK plays what was blocked at the next gesture, which is the press that calls this.
    hear: () => setSoundBlocked(false),
    comeOnStage,
    stepBack,
    leave: async () => {
      await client.current?.leave();
    },
    dismissProblem: () => setProblem(undefined),
  };
}
