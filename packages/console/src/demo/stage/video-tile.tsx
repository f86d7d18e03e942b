import { Avatar, Badge } from '@mantine/core';
import { IconMicrophoneOff } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { Playable } from '../sdk.ts';
import classes from './stage.module.css';

/** One host: the picture, or the initials while there is none, with name and state. */
export function VideoTile({
  name,
  track,
  mirror = false,
  silent = false,
  interrupted = false,
  whole = false,
}: {
  name: string;
  /** The camera's track; absent while the camera is off. */
  track?: Playable | undefined;
  mirror?: boolean;
  /** The microphone is off. */
  silent?: boolean;
  interrupted?: boolean;
  /** Show all of the picture, with bars beside it, rather than fill the tile. */
  whole?: boolean;
}) {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (holder.current !== null) track?.play(holder.current, { fit: whole ? 'contain' : 'cover', mirror });
  }, [track, mirror, whole]);
  // Apart from the above: playing again only changes the look, where stopping would let the picture flash.
  useEffect(() => () => track?.stop(), [track]);
  return (
    <figure className={classes.tile} aria-label={`${name}${track ? '' : ', camera off'}`}>
      <div ref={holder} className={classes.picture} hidden={track === undefined} />
      {track === undefined && (
        <div className={classes.noPicture}>
          <Avatar name={name} size={84} radius="xl" variant="filled" />
        </div>
      )}
      <figcaption className={classes.caption}>
        {silent && <IconMicrophoneOff size={15} aria-label="microphone off" />}
        <span>{name}</span>
        {interrupted && (
          <Badge size="sm" color="orange.9" variant="filled">
            interrupted
          </Badge>
        )}
      </figcaption>
    </figure>
  );
}
