import { Button, Group, NativeSelect, Paper, Stack, Text, Title } from '@mantine/core';
import { IconBroadcast, IconCamera, IconPhoto } from '@tabler/icons-react';
import { useEffect } from 'react';
import { ProblemAlert } from '../problem-alert.tsx';
import classes from '../stage/stage.module.css';
import { VideoTile } from '../stage/video-tile.tsx';
import { MicMeter } from './mic-meter.tsx';
import type { LocalMedia } from './use-local-media.ts';

/** Before going on stage: see yourself as others will, choose the devices, check the microphone. */
export function GreenRoom({
  name,
  title,
  media,
  go,
  back,
}: {
  name: string;
  title: string;
  media: LocalMedia;
  go: () => void;
  back: () => void;
}) {
  const { state, tracks, problem, start } = media;
  // The camera is requested on arrival: the person has just pressed "Go live".
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the green room is entered.
  useEffect(() => {
    if (state === 'off') void start('camera', name);
  }, []);
  const pattern = tracks?.source === 'pattern';

  return (
    <Paper
      withBorder
      p={{ base: 'md', sm: 'lg' }}
      maw={620}
      mx="auto"
      bg="var(--page-surface)"
      style={{ borderColor: 'var(--page-line)' }}
    >
      <Stack gap="md">
        <Title order={1} size="h3">
          {title}
        </Title>
        <div className={classes.preview}>
          {state === 'on' ? (
            <VideoTile
              name={name}
              track={media.cameraOn ? tracks?.video : undefined}
              mirror={!pattern}
              silent={!media.microphoneOn}
            />
          ) : (
            <div className={classes.empty}>
              <IconCamera size={40} stroke={1.3} aria-hidden />
              <span>
                {state === 'failed' ? 'No picture' : 'Your browser asks for the camera and microphone…'}
              </span>
            </div>
          )}
        </div>
        {problem && (
          <ProblemAlert problem={problem}>
            <Button size="xs" variant="default" onClick={() => void start('camera', name)}>
              Try again
            </Button>
            <Button
              size="xs"
              leftSection={<IconPhoto size={16} />}
              onClick={() => void start('pattern', name)}
            >
              Use a test pattern
            </Button>
          </ProblemAlert>
        )}
        {state === 'on' && !pattern && <Devices media={media} />}
        {pattern && (
          <Text size="sm" c="dimmed">
            You will send colour bars and a soft beep.{' '}
            <Button variant="transparent" size="compact-sm" onClick={() => void start('camera', name)}>
              Use the camera
            </Button>
          </Text>
        )}
        <Group justify="space-between">
          <Button variant="subtle" color="gray" onClick={back}>
            Back
          </Button>
          <Group gap="xs">
            {state !== 'on' && problem === undefined && (
              <Button variant="default" onClick={() => void start('pattern', name)}>
                Use a test pattern
              </Button>
            )}
            <Button leftSection={<IconBroadcast size={18} />} disabled={state !== 'on'} onClick={go}>
              Go live now
            </Button>
          </Group>
        </Group>
      </Stack>
    </Paper>
  );
}

/** Which camera and which microphone, and whether the microphone hears anything. */
function Devices({ media }: { media: LocalMedia }) {
  const { tracks } = media;
  return (
    <Group grow align="start">
      <DeviceChoice
        label="Camera"
        devices={media.cameras}
        current={tracks?.video?.getMediaStreamTrack().getSettings().deviceId}
        choose={media.chooseCamera}
      />
      <div>
        <DeviceChoice
          label="Microphone"
          devices={media.microphones}
          current={tracks?.audio?.getMediaStreamTrack().getSettings().deviceId}
          choose={media.chooseMicrophone}
        />
        <div style={{ paddingTop: 8 }}>
          <MicMeter track={tracks?.audio} on={media.microphoneOn} />
        </div>
      </div>
    </Group>
  );
}

function DeviceChoice({
  label,
  devices,
  current,
  choose,
}: {
  label: string;
  devices: readonly MediaDeviceInfo[];
  current: string | undefined;
  choose: (deviceId: string) => Promise<void>;
}) {
  return (
    <NativeSelect
      label={label}
      disabled={devices.length === 0}
      defaultValue={current}
      key={current}
      data={
        devices.length === 0
          ? [{ value: '', label: 'none' }]
          : devices.map((device, index) => ({
              value: device.deviceId,
              label: device.label || `${label} ${index + 1}`,
            }))
      }
      onChange={(event) => void choose(event.currentTarget.value)}
    />
  );
}
