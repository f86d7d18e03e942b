import { useEffect, useState } from 'react';
import { navigate } from '../shell/router.tsx';
import { nameOf } from '../words/person.ts';
import type { LocalMedia } from './media/use-local-media.ts';
import { type Entry, keepEntry, recallEntry } from './room-memory.ts';
import type { Choice } from './start-page.tsx';

/** The steps of a visitor on the way into the room. */
export type Step =
  | { readonly at: 'start' }
  | { readonly at: 'green-room'; readonly choice: Choice }
  /** A reload: the camera is opened again, then the room is entered as before. */
  | { readonly at: 'returning'; readonly entry: Entry }
  | { readonly at: 'room'; readonly entry: Entry; readonly stay: number };

let stays = 0;
/** Tells one stay in a room from the next in the same room. */
function nextStay(): number {
  stays += 1;
  return stays;
}

export interface Way {
  readonly step: Step;
  /** Into the room. */
  enter(entry: Entry): void;
  /** Back to the start: the camera goes out, and a reload stays there. */
  start(): void;
  /** Into the green room, before going on stage. */
  prepare(choice: Choice): void;
  /** Into the room again that one was put out of. */
  rejoin(entry: Entry): void;
}

/** How far a visitor is on the way into a room, which a reload takes up where it was. */
export function useWay(media: LocalMedia, channel: string | null): Way {
  const [step, setStep] = useState<Step>(() => {
    const entry = recallEntry(channel);
    if (entry === undefined) return { at: 'start' };
    return entry.role === 'host' ? { at: 'returning', entry } : { at: 'room', entry, stay: nextStay() };
  });

  const enter = (entry: Entry) => {
    keepEntry(entry);
    navigate(`/demo?${new URLSearchParams({ channel: entry.channel })}`, { replace: true });
    setStep({ at: 'room', entry, stay: nextStay() });
  };
  const start = () => {
    media.stop();
    keepEntry(undefined);
    setStep({ at: 'start' });
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the camera is opened once for each way back in, not for each drawing.
  useEffect(() => {
    if (step.at !== 'returning') return;
    const { entry } = step;
    let isOver = false;
    void media.start(entry.source, nameOf({ uid: entry.account })).then((tracks) => {
      // Somebody who has turned elsewhere, or for whom the camera is opened anew, is not led in by the first try.
      if (isOver) return;
      // Without a picture one comes back to the audience rather than to an empty place on stage.
      setStep({
        at: 'room',
        entry: tracks ? entry : { ...entry, role: 'audience' },
        stay: nextStay(),
      });
    });
    return () => {
      isOver = true;
    };
  }, [step.at]);

  return {
    step,
    enter,
    start,
    prepare: (choice) => setStep({ at: 'green-room', choice }),
    rejoin: (before) => {
      const entry = recallEntry(before.channel) ?? before;
      if (entry.role === 'host' && media.tracks === undefined) setStep({ at: 'returning', entry });
      else setStep({ at: 'room', entry, stay: nextStay() });
    },
  };
}
