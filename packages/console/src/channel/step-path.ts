/** The count of a channel from `atMs` on, until the next point. */
export interface CountPoint {
  readonly atMs: number;
  readonly count: number;
}

export interface StepChart {
  /** SVG path of the line, in a box of `width` by `height` with the origin at the top left. */
  readonly line: string;
  /** The same, closed down to the ground. */
  readonly area: string;
  /** The count at the top of the box. */
  readonly countMax: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Points drawn, at most: more are thinned to the highest of each stretch, so that a peak is never lost. */
export const pointsMax = 600;

/** Lays out a count that changes at once at each point and holds until the next, the last until `nowMs`. */
export function stepChart(
  points: readonly CountPoint[],
  { width, height, nowMs }: { width: number; height: number; nowMs: number },
): StepChart | undefined {
  const [first] = points;
  if (first === undefined) return undefined;
  const fromMs = first.atMs;
  const toMs = Math.max(nowMs, points.at(-1)?.atMs ?? fromMs, fromMs + 1);
  const countMax = niceMax(Math.max(...thinned(points).map((point) => point.count)));
  const x = (atMs: number) => round(((atMs - fromMs) / (toMs - fromMs)) * width);
  const y = (count: number) => round(height - (count / countMax) * height);
  let line = `M0 ${y(first.count)}`;
  for (const point of thinned(points).slice(1)) line += `H${x(point.atMs)}V${y(point.count)}`;
  line += `H${width}`;
  return { line, area: `${line}V${height}H0Z`, countMax, fromMs, toMs };
}

function thinned(points: readonly CountPoint[]): readonly CountPoint[] {
  if (points.length <= pointsMax) return points;
  const size = Math.ceil(points.length / pointsMax);
  const kept: CountPoint[] = [];
  for (let start = 0; start < points.length; start += size)
    kept.push(
      points.slice(start, start + size).reduce((high, point) => (point.count >= high.count ? point : high)),
    );
  // The newest count is what people compare with the number beside the chart.
  const last = points.at(-1);
  if (last && kept.at(-1) !== last) kept.push(last);
  return kept;
}

/** The next round number that is not below `count`. */
function niceMax(count: number): number {
  let step = 1;
  while (true) {
    for (const factor of [1, 2, 3, 4, 5, 6, 8]) if (factor * step >= count) return factor * step;
    step *= 10;
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
