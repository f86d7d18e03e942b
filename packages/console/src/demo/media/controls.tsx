import { ActionIcon, Button, Tooltip } from '@mantine/core';
import {
  IconArmchair2,
  IconDoorExit,
  IconMicrophone,
  IconMicrophoneOff,
  IconShare,
  IconStairsUp,
  IconVideo,
  IconVideoOff,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from '../room.module.css';
import type { LocalMedia } from './use-local-media.ts';

/** Shows what one can do in the room: on stage the devices and the way back, in the audience the way up. */
export function Controls({
  channel,
  hosting,
  changing,
  media,
  comeOnStage,
  stepBack,
  share,
  leave,
}: {
  channel: string;
  hosting: boolean;
  /** A change of role is under way. */
  changing: boolean;
  media: LocalMedia;
  comeOnStage: () => void;
  stepBack: () => void;
  share: () => void;
  leave: () => void;
}) {
  return (
    <div className={classes.bar}>
      <span className={classes.barChannel}>{channel}</span>
      {hosting ? (
        <>
          <Toggle
            on={media.microphoneOn}
            label={media.microphoneOn ? 'Mute the microphone' : 'Unmute the microphone'}
            missing={media.tracks?.audio === undefined}
            toggle={media.toggleMicrophone}
          >
            {media.microphoneOn ? <IconMicrophone size={22} /> : <IconMicrophoneOff size={22} />}
          </Toggle>
          <Toggle
            on={media.cameraOn}
            label={media.cameraOn ? 'Turn the camera off' : 'Turn the camera on'}
            missing={media.tracks?.video === undefined}
            toggle={media.toggleCamera}
          >
            {media.cameraOn ? <IconVideo size={22} /> : <IconVideoOff size={22} />}
          </Toggle>
          <Button
            variant="default"
            loading={changing}
            leftSection={<IconArmchair2 size={18} />}
            onClick={stepBack}
          >
            Step back
          </Button>
        </>
      ) : (
        <Button
          variant="default"
          loading={changing}
          leftSection={<IconStairsUp size={18} />}
          onClick={comeOnStage}
        >
          Come on stage
        </Button>
      )}
      <Button visibleFrom="sm" leftSection={<IconShare size={18} />} onClick={share}>
        Share
      </Button>
      <ActionIcon hiddenFrom="sm" size={36} aria-label="Share" onClick={share}>
        <IconShare size={20} />
      </ActionIcon>
      <Button
        visibleFrom="sm"
        color="red"
        variant="light"
        leftSection={<IconDoorExit size={18} />}
        onClick={leave}
      >
        Leave
      </Button>
      <ActionIcon hiddenFrom="sm" size={36} color="red" variant="light" aria-label="Leave" onClick={leave}>
        <IconDoorExit size={20} />
      </ActionIcon>
    </div>
  );
}

function Toggle({
  on,
  label,
  missing,
  toggle,
  children,
}: {
  on: boolean;
  label: string;
  missing: boolean;
  toggle: () => Promise<void>;
  children: ReactNode;
}) {
  return (
    <Tooltip label={missing ? 'There is none' : label}>
      <ActionIcon
        size={36}
        variant={on ? 'default' : 'filled'}
        color="red"
        disabled={missing}
        aria-label={label}
        aria-pressed={!on}
        onClick={() => void toggle()}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
