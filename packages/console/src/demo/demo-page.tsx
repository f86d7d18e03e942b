import { EmptyState } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconBroadcastOff } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useSession } from '../api/session.tsx';
import { navigate, useAddress } from '../shell/router.tsx';
import { Waiting } from '../shell/waiting.tsx';
import { accountFor, nameOf } from '../words/person.ts';
import { GreenRoom } from './media/green-room.tsx';
import { useLocalMedia } from './media/use-local-media.ts';
import { type Entry, keepEntry, keepName, recallEntry } from './room-memory.ts';
import { RoomView } from './room-view.tsx';
import { type Choice, StartPage } from './start-page.tsx';

/** The steps of a visitor on the way into the room. */
type Step =
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

/** The demo live room, where the server gives out tokens for it. */
export function DemoPage() {
  useDocumentTitle('Demo · Housecount');
  const { development } = useSession();
  return development ? <Demo /> : <NoDemo />;
}

function NoDemo() {
  return (
    <EmptyState
      mt="xl"
      icon={<IconBroadcastOff />}
      title="This server has no demo room"
      description="It runs with a configuration of its own, and gives out no demo tokens. Without one, “npx housecount serve” has the room."
    />
  );
}

/** The whole way of a visitor, from the name to the stage. */
function Demo() {
  const { searchParams } = useAddress();
  const channel = searchParams.get('channel');
  const media = useLocalMedia();
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

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, on the way back in.
  useEffect(() => {
    if (step.at !== 'returning') return;
    const { entry } = step;
    void media.start(entry.source, nameOf({ uid: entry.account })).then((tracks) => {
      // Without a picture one comes back to the audience rather than to an empty place on stage.
      setStep({
        at: 'room',
        entry: tracks ? entry : { ...entry, role: 'audience' },
        stay: nextStay(),
      });
    });
  }, [step.at]);

  switch (step.at) {
    case 'start':
      return (
        <StartPage
          channel={channel}
          watching={searchParams.get('watch') === '1'}
          choose={(choice) => {
            keepName(choice.name);
            if (choice.role === 'host') setStep({ at: 'green-room', choice });
            else
              enter({
                account: accountFor(choice.name),
                channel: choice.channel,
                role: 'audience',
                source: 'camera',
              });
          }}
        />
      );
    case 'green-room':
      return (
        <GreenRoom
          name={step.choice.name}
          title={`Go live in ${step.choice.channel}`}
          media={media}
          go={() =>
            enter({
              account: accountFor(step.choice.name),
              channel: step.choice.channel,
              role: 'host',
              source: media.tracks?.source ?? 'camera',
            })
          }
          back={start}
        />
      );
    case 'returning':
      return <Waiting label="Opening the camera again" />;
    case 'room':
      return (
        <RoomView
          key={step.stay}
          entry={step.entry}
          media={media}
          onRole={(role, source) => keepEntry({ ...step.entry, role, source })}
          rejoin={() => {
            const entry = recallEntry(step.entry.channel) ?? step.entry;
            if (entry.role === 'host' && media.tracks === undefined) setStep({ at: 'returning', entry });
            else setStep({ at: 'room', entry, stay: nextStay() });
          }}
          leave={start}
        />
      );
  }
}
