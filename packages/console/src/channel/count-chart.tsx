import type { ChannelEvent } from '@housecount/client';
import { Skeleton } from '@mantine/core';
import { clockTime } from '../words/times.ts';
import classes from './channel.module.css';
import { stepChart } from './step-path.ts';

const width = 600;
const height = 140;

/** The number of members over time, from the events themselves. */
export function CountChart({ events, nowMs }: { events: readonly ChannelEvent[]; nowMs: number }) {
  const chart = stepChart(events, { width, height, nowMs });
  if (chart === undefined) return <Skeleton height={180} />;
  const now = events.at(-1)?.count ?? 0;
  return (
    <figure className={classes.chart}>
      <div className={classes.plot}>
        <span className={classes.top}>{chart.countMax}</span>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Members over time, now ${now}, from ${clockTime(chart.fromMs)} to ${clockTime(chart.toMs)}.`}
        >
          <path d={`M0 ${height / 2}H${width}`} className={classes.grid} />
          <path d={chart.area} className={classes.area} />
          <path d={chart.line} className={classes.line} />
        </svg>
      </div>
      <figcaption className={classes.axis}>
        <span>{clockTime(chart.fromMs)}</span>
        <span>{clockTime(chart.toMs)}</span>
      </figcaption>
    </figure>
  );
}
