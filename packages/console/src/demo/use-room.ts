import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { Tracks } from './media/open-tracks.ts';
import type { FeedItem } from './panels/feed.ts';
import { type Problem, roomProblem } from './problems.ts';
import type { Entry } from './room-memory.ts';
import { demoToken, type Picture, type RemoteHost, RoomStay } from './room-stay.ts';
import type { Client, Person } from './sdk.ts';

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

const emptyPicture: Picture = { members: [], viewers: 0, hosts: [], feed: [] };

/** Joins the room of `entry` while the component is shown, publishes `tracks` if it is a host, and follows who is there. */
export function useRoom(entry: Entry, tracks: Tracks | undefined): Room {
  const [state, setState] = useState<Room['state']>('joining');
  const [ending, setEnding] = useState<Problem>();
  const [problem, setProblem] = useState<Problem>();
  const [picture, setPicture] = useState(emptyPicture);
  const [soundBlocked, setSoundBlocked] = useState(false);
  const stay = useRef<RoomStay>(undefined);
  const stage = useStage(entry, stay, setProblem);
  const hostingNow = useRef(stage.hosting);
  hostingNow.current = stage.hosting;
  const latestTracks = useRef(tracks);
  latestTracks.current = tracks;

  // Each entry is one stay in the room.
  useEffect(() => {
    const one = new RoomStay(entry, {
      tracks: () => latestTracks.current,
      isHosting: () => hostingNow.current,
      live: () => setState('live'),
      reconnecting: () => setState('reconnecting'),
      ended(why) {
        setEnding(why);
        setState('ended');
      },
      failed: setProblem,
      draw: setPicture,
      soundBlocked: () => setSoundBlocked(true),
    });
    stay.current = one;
    return () => {
      if (stay.current === one) stay.current = undefined;
      one.stop();
    };
  }, [entry]);

  return {
    state,
    ...(ending && { ending }),
    ...(problem && { problem }),
    ...stage,
    ...picture,
    soundBlocked,
    // The SDK plays what was blocked at the next gesture, which is the press that calls this.
    hear: () => setSoundBlocked(false),
    leave: async () => {
      await stay.current?.client?.leave();
    },
    dismissProblem: () => setProblem(undefined),
  };
}

/** The role of this page on the stage, and the steps onto it and back. */
function useStage(
  entry: Entry,
  stay: RefObject<RoomStay | undefined>,
  setProblem: (problem: Problem | undefined) => void,
): Pick<Room, 'hosting' | 'changingRole' | 'comeOnStage' | 'stepBack'> {
  const [hosting, setHosting] = useState(entry.role === 'host');
  const [changingRole, setChangingRole] = useState(false);

  const change = useCallback(
    async (step: (rtc: Client) => Promise<void>): Promise<boolean> => {
      const rtc = stay.current?.client;
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
    },
    [stay, setProblem],
  );

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

  return { hosting, changingRole, comeOnStage, stepBack };
}
