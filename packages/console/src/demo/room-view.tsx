import { Badge, Button, CloseButton, EmptyState, Group, Loader, Modal, VisuallyHidden } from '@mantine/core';
import { useDocumentTitle, useMediaQuery } from '@mantine/hooks';
import { IconDoorExit, IconPlugConnectedX } from '@tabler/icons-react';
import { useState } from 'react';
import { RouteLink } from '../shell/router.tsx';
import { Waiting } from '../shell/waiting.tsx';
import { nameOf } from '../words/person.ts';
import { Controls } from './media/controls.tsx';
import { GreenRoom } from './media/green-room.tsx';
import type { LocalMedia } from './media/use-local-media.ts';
import { ActivityPanel } from './panels/activity-panel.tsx';
import { PeoplePanel } from './panels/people-panel.tsx';
import { SharePanel } from './panels/share-panel.tsx';
import { ProblemAlert } from './problem-alert.tsx';
import classes from './room.module.css';
import type { Entry } from './room-memory.ts';
import { type Performer, Stage } from './stage/stage.tsx';
import { type Room, useRoom } from './use-room.ts';

/** The live room: the stage, who is here, and what happens. */
export function RoomView({
  entry,
  media,
  onRole,
  rejoin,
  leave,
}: {
  entry: Entry;
  media: LocalMedia;
  /** The role changed: a reload comes back with this one. */
  onRole: (role: Entry['role'], source: Entry['source']) => void;
  rejoin: () => void;
  leave: () => void;
}) {
  const room = useRoom(entry, media.tracks);
  const [sharing, setSharing] = useState(false);
  const [preparing, setPreparing] = useState(false);
  const narrow = useMediaQuery('(max-width: 900px)');
  useDocumentTitle(`${room.viewers} watching · ${entry.channel}`);

  if (room.state === 'joining') return <Waiting label="Joining the room" />;
  if (room.state === 'ended') return <Ended room={room} rejoin={rejoin} leave={leave} />;

  const comeOnStage = async () => {
    const { tracks } = media;
    setPreparing(false);
    if (tracks === undefined) return;
    if (await room.comeOnStage(tracks)) onRole('host', tracks.source);
    else media.stop();
  };
  const stepBack = async () => {
    if (!(await room.stepBack())) return;
    media.stop();
    onRole('audience', 'camera');
  };

  return (
    <div className={classes.room}>
      <VisuallyHidden>
        <h1>The room {entry.channel}</h1>
      </VisuallyHidden>
      <div className={classes.left}>
        {room.problem && (
          <Group wrap="nowrap" align="start" gap={4}>
            <div style={{ flex: 1 }}>
              <ProblemAlert problem={room.problem} />
            </div>
            <CloseButton aria-label="Dismiss" onClick={room.dismissProblem} />
          </Group>
        )}
        <Stage
          performers={performersOf(room, entry, media)}
          viewers={room.viewers}
          feed={room.feed}
          narrow={narrow}
          tapToHear={room.soundBlocked ? room.hear : undefined}
          banner={room.state === 'reconnecting' && <Reconnecting />}
        />
        <Controls
          channel={entry.channel}
          hosting={room.hosting}
          changing={room.changingRole}
          media={media}
          comeOnStage={() => setPreparing(true)}
          stepBack={() => void stepBack()}
          share={() => setSharing(true)}
          leave={() => void room.leave().finally(leave)}
        />
      </div>
      <div className={classes.side}>
        <PeoplePanel members={room.members} ownUid={entry.account} />
        <ActivityPanel feed={room.feed} />
      </div>
      <SharePanel channel={entry.channel} opened={sharing} close={() => setSharing(false)} />
      <ComeOnStage
        opened={preparing}
        name={nameOf({ uid: entry.account })}
        media={media}
        go={() => void comeOnStage()}
        back={() => {
          setPreparing(false);
          media.stop();
        }}
      />
    </div>
  );
}

function Reconnecting() {
  return (
    <Badge
      size="lg"
      color="orange.9"
      variant="filled"
      role="alert"
      leftSection={<Loader size={12} color="white" />}
    >
      Reconnecting…
    </Badge>
  );
}

/** The green room over the room, for who is about to come on stage. */
function ComeOnStage({
  opened,
  name,
  media,
  go,
  back,
}: {
  opened: boolean;
  name: string;
  media: LocalMedia;
  go: () => void;
  back: () => void;
}) {
  return (
    <Modal.Root opened={opened} onClose={back} size="lg" padding={0}>
      <Modal.Overlay />
      <Modal.Content aria-label="Come on stage">
        <Modal.Body>
          <GreenRoom name={name} title="Come on stage" media={media} go={go} back={back} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function performersOf(room: Room, entry: Entry, media: LocalMedia): Performer[] {
  const interrupted = new Set(
    room.members.filter((member) => member.interruptedSinceMs !== undefined).map((member) => member.uid),
  );
  const performers: Performer[] = [];
  if (room.hosting)
    performers.push({
      uid: 'own',
      name: `${nameOf({ uid: entry.account })} (you)`,
      video: media.cameraOn ? media.tracks?.video : undefined,
      mirror: media.tracks?.source !== 'pattern',
      silent: !media.microphoneOn,
      interrupted: false,
    });
  for (const { user, video, hasAudio } of room.hosts)
    performers.push({
      uid: user.uid,
      name: nameOf(user),
      video,
      mirror: false,
      silent: !hasAudio,
      interrupted: interrupted.has(user.uid),
    });
  return performers;
}

function Ended({ room, rejoin, leave }: { room: Room; rejoin: () => void; leave: () => void }) {
  return (
    <EmptyState
      mt="xl"
      role="alert"
      icon={<IconPlugConnectedX />}
      title={room.ending?.title ?? 'The room has ended'}
      description={
        <>
          {room.ending?.advice} {room.ending && <code>{room.ending.code}</code>}
        </>
      }
    >
      <EmptyState.Actions>
        <Button onClick={rejoin}>
          {room.ending?.code === 'UID_CONFLICT' ? 'Use the room here' : 'Join again'}
        </Button>
        <Button
          component={RouteLink}
          href="/"
          variant="default"
          leftSection={<IconDoorExit size={18} />}
          onClick={leave}
        >
          Leave
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  );
}
