import { EmptyState } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconBroadcastOff } from '@tabler/icons-react';
import { useSession } from '../api/session.tsx';
import { useAddress } from '../shell/router.tsx';
import { Waiting } from '../shell/waiting.tsx';
import { accountFor } from '../words/person.ts';
import { GreenRoom } from './media/green-room.tsx';
import { useLocalMedia } from './media/use-local-media.ts';
import { keepEntry, keepName } from './room-memory.ts';
import { RoomView } from './room-view.tsx';
import { StartPage } from './start-page.tsx';
import { useWay } from './use-way.ts';

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
  const { step, enter, start, prepare, rejoin } = useWay(media, channel);

  switch (step.at) {
    case 'start':
      return (
        <StartPage
          channel={channel}
          watching={searchParams.get('watch') === '1'}
          choose={(choice) => {
            keepName(choice.name);
            if (choice.role === 'host') prepare(choice);
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
          rejoin={() => rejoin(step.entry)}
          leave={start}
        />
      );
  }
}
