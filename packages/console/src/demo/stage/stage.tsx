import { RollingNumber } from '@mantine/core';
import { IconArmchair2, IconEye, IconVolumeOff } from '@tabler/icons-react';
import type { CSSProperties, ReactNode } from 'react';
import type { FeedItem } from '../panels/feed.ts';
import type { Playable } from '../sdk.ts';
import classes from './stage.module.css';
import { VideoTile } from './video-tile.tsx';

export interface Performer {
  readonly uid: number | string;
  readonly name: string;
  readonly video?: Playable | undefined;
  readonly mirror: boolean;
  readonly silent: boolean;
  readonly interrupted: boolean;
}

/** Lines of the activity shown over the picture on a phone. */
const tickerLinesMax = 3;

/** Everyone on stage, how many watch, and on small screens what just happened. */
export function Stage({
  performers,
  viewers,
  feed,
  narrow,
  tapToHear,
  banner,
}: {
  performers: readonly Performer[];
  viewers: number;
  feed: readonly FeedItem[];
  /** A phone: tiles above one another, and the newest activity over the picture. */
  narrow: boolean;
  /** Plays the sound; present while the browser keeps it back. */
  tapToHear?: (() => void) | undefined;
  banner?: ReactNode;
}) {
  // A narrow stage is higher than wide: up to three stand above one another.
  const columns = narrow && performers.length <= 3 ? 1 : Math.ceil(Math.sqrt(performers.length));
  return (
    <section className={classes.stage} aria-label="Stage">
      <div className={classes.top}>
        {performers.length > 0 && <span className={classes.live}>LIVE</span>}
        <span className={classes.watching} role="status" aria-label={`${viewers} watching`}>
          <IconEye size={20} aria-hidden />
          <RollingNumber value={viewers} role="img" aria-hidden data-testid="viewer-count" />
        </span>
        {banner}
      </div>
      {performers.length === 0 ? (
        <div className={classes.empty}>
          <IconArmchair2 size={52} stroke={1.2} aria-hidden />
          <strong>Waiting for the host</strong>
          <span>You are in. The picture comes as soon as someone is on stage.</span>
        </div>
      ) : (
        <div className={classes.grid} style={{ '--columns': columns } as CSSProperties}>
          {performers.map((performer) => (
            <VideoTile
              key={performer.uid}
              name={performer.name}
              track={performer.video}
              mirror={performer.mirror}
              silent={performer.silent}
              interrupted={performer.interrupted}
              whole={performers.length === 1 && !performer.mirror}
            />
          ))}
        </div>
      )}
      {narrow && (
        <div className={classes.ticker} aria-hidden>
          {feed
            .slice(0, tickerLinesMax)
            .reverse()
            .map((item) => (
              <span key={item.id} className={classes.tickerLine}>
                <strong>{item.name}</strong> {item.words}
              </span>
            ))}
        </div>
      )}
      {tapToHear && (
        <button type="button" className={classes.tap} onClick={tapToHear}>
          <span className={classes.watching}>
            <IconVolumeOff size={22} aria-hidden /> Tap to hear
          </span>
        </button>
      )}
    </section>
  );
}
