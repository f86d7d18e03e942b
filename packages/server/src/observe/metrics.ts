import type { Counter, Histogram, Metrics, Reading } from './contract.ts';

type Labels = Readonly<Record<string, string>>;

/** Label sets of one metric; a further one is counted under `housecount_metrics_dropped_total` and nowhere else. */
export const seriesMax = 1_000;

interface Family {
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  lines(name: string): Iterable<string>;
}

/** The numbers of the server, and their page in the Prometheus text format (version 0.0.4). */
export function createMetrics(): Metrics & { text(): string } {
  const families = new Map<string, Family>();
  let droppedSeries = 0;
  const drop = () => {
    droppedSeries += 1;
  };

  function register<T extends Family>(name: string, family: T): T {
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new TypeError(`not a metric name: ${name}`);
    if (name.endsWith('_total') !== (family.type === 'counter'))
      throw new TypeError(`${name}: counters, and nothing else, end with _total`);
    if (/_(ms|milliseconds|millis|kb|mb)(_total)?$/.test(name))
      throw new TypeError(`${name}: units are seconds and bytes`);
    if (families.has(name)) throw new TypeError(`the metric ${name} is registered twice`);
    families.set(name, family);
    return family;
  }

  const metrics: Metrics = {
    counter: (name, help) => register(name, new CounterFamily(help, drop)),
    histogram: (name, help, buckets) => register(name, new HistogramFamily(help, buckets, drop)),
    gauge: (name, help, read) => {
      register(name, { help, type: 'gauge', lines: (self) => readingLines(self, read) });
    },
    total: (name, help, read) => {
      register(name, { help, type: 'counter', lines: (self) => readingLines(self, read) });
    },
  };
  metrics.total(
    'housecount_metrics_dropped_total',
    'Observations not counted because a metric had too many label sets.',
    () => droppedSeries,
  );

  return {
    ...metrics,
    text() {
      let page = '';
      for (const [name, family] of families) {
        let lines: readonly string[];
        try {
          lines = [...family.lines(name)];
        } catch {
          // A gauge that cannot be read is left out; the others are still worth having.
          continue;
        }
        page += `# HELP ${name} ${family.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;
        page += `# TYPE ${name} ${family.type}\n`;
        for (const line of lines) page += `${line}\n`;
      }
      return page;
    },
  };
}

class CounterFamily implements Family, Counter {
  readonly type = 'counter';
  private readonly series = new Map<string, number>();
  constructor(
    readonly help: string,
    private readonly drop: () => void,
  ) {}

  add(value = 1, labels?: Labels): void {
    // A counter never goes back: a negative or broken number would corrupt every rate made of it.
    if (!(value >= 0)) return;
    const key = labelText(labels);
    const sum = this.series.get(key);
    if (sum === undefined && this.series.size >= seriesMax) this.drop();
    else this.series.set(key, (sum ?? 0) + value);
  }

  *lines(name: string): Iterable<string> {
    if (this.series.size === 0) yield `${name} 0`;
    for (const [key, value] of this.series) yield `${name}${braces(key)} ${value}`;
  }
}

class HistogramFamily implements Family, Histogram {
  readonly type = 'histogram';
  private readonly series = new Map<string, { counts: number[]; count: number; sum: number }>();
  private readonly bounds: readonly number[];
  constructor(
    readonly help: string,
    buckets: readonly number[],
    private readonly drop: () => void,
  ) {
    this.bounds = [...buckets].sort((a, b) => a - b);
  }

  observe(value: number, labels?: Labels, times = 1): void {
    if (!Number.isFinite(value)) return;
    const key = labelText(labels);
    let series = this.series.get(key);
    if (series === undefined) {
      if (this.series.size >= seriesMax) {
        this.drop();
        return;
      }
      series = { counts: this.bounds.map(() => 0), count: 0, sum: 0 };
      this.series.set(key, series);
    }
    const bucket = this.bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + times;
    series.count += times;
    series.sum += value * times;
  }

  *lines(name: string): Iterable<string> {
    for (const [key, { counts, count, sum }] of this.series) {
      let below = 0;
      for (const [index, bound] of this.bounds.entries()) {
        below += counts[index] ?? 0;
        yield `${name}_bucket${braces(join(key, `le="${bound}"`))} ${below}`;
      }
      yield `${name}_bucket${braces(join(key, 'le="+Inf"'))} ${count}`;
      yield `${name}_sum${braces(key)} ${sum}`;
      yield `${name}_count${braces(key)} ${count}`;
    }
  }
}

function readingLines(name: string, read: () => Reading): readonly string[] {
  const values = read();
  if (typeof values === 'number') return [`${name} ${values}`];
  return values
    .slice(0, seriesMax)
    .map(({ value, labels }) => `${name}${braces(labelText(labels))} ${value}`);
}

const join = (key: string, more: string) => (key === '' ? more : `${key},${more}`);
const braces = (key: string) => (key === '' ? '' : `{${key}}`);

function labelText(labels: Labels | undefined): string {
  if (labels === undefined) return '';
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  let text = '';
  for (const name of names) text += `${text === '' ? '' : ','}${name}="${escaped(labels[name] ?? '')}"`;
  return text;
}

/** Most values have nothing to escape, and every observation passes here. */
const escaped = (value: string) =>
  /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;
