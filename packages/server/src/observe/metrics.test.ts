import { expect, test } from 'bun:test';
import type { Histogram } from './contract.ts';
import { createMetrics, seriesMax } from './metrics.ts';

test('OPS5: counters, gauges and histograms in the Prometheus text format', () => {
  const metrics = createMetrics();
  const joins = metrics.counter('housecount_joins_total', 'Joins.');
  joins.add();
  joins.add(2, { role: 'audience' });
  joins.add(1, { role: 'audience' });
  metrics.gauge('housecount_members', 'Members.', () => 7);
  metrics.gauge('housecount_by_role', 'By role.', () => [{ value: 1, labels: { role: 'audience' } }]);
  const latency = metrics.histogram('housecount_append_seconds', 'Appends.', [10, 1]);
  for (const ms of [0.5, 1, 5, 100]) latency.observe(ms);
  expect(metrics.text().split('\n')).toEqual(
    expect.arrayContaining([
      '# HELP housecount_joins_total Joins.',
      '# TYPE housecount_joins_total counter',
      'housecount_joins_total 1',
      'housecount_joins_total{role="audience"} 3',
      '# TYPE housecount_members gauge',
      'housecount_members 7',
      'housecount_by_role{role="audience"} 1',
      '# TYPE housecount_append_seconds histogram',
      'housecount_append_seconds_bucket{le="1"} 2',
      'housecount_append_seconds_bucket{le="10"} 3',
      'housecount_append_seconds_bucket{le="+Inf"} 4',
      'housecount_append_seconds_sum 106.5',
      'housecount_append_seconds_count 4',
    ]),
  );
  expect(metrics.text().endsWith('\n')).toBe(true);
});

test('OPS5: what is observed several times at once counts as often', () => {
  const page = (observe: (latency: Histogram) => void) => {
    const metrics = createMetrics();
    observe(metrics.histogram('x_seconds', 'X.', [1, 10]));
    return metrics.text();
  };
  const atOnce = page((latency) => latency.observe(5, { a: 'b' }, 3));
  expect(atOnce).toContain('x_seconds_sum{a="b"} 15');
  expect(atOnce).toBe(
    page((latency) => {
      for (let time = 0; time < 3; time++) latency.observe(5, { a: 'b' });
    }),
  );
});

test('OPS5: label values are escaped, and label order makes no second series', () => {
  const metrics = createMetrics();
  const counter = metrics.counter('x_total', 'back\\slash\nline');
  counter.add(1, { b: '"q"\\\n', a: '1' });
  counter.add(1, { a: '1', b: '"q"\\\n' });
  expect(metrics.text()).toContain('x_total{a="1",b="\\"q\\"\\\\\\n"} 2\n');
  expect(metrics.text()).toContain('# HELP x_total back\\\\slash\\nline\n');
});

test('OPS5: label sets are bounded, and what was not counted is', () => {
  const metrics = createMetrics();
  const counter = metrics.counter('x_total', 'X.');
  for (let n = 0; n < seriesMax + 5; n++) counter.add(1, { n: String(n) });
  counter.add(1, { n: '0' });
  const text = metrics.text();
  expect(text.match(/^x_total\{/gm)).toHaveLength(seriesMax);
  expect(text).toContain('x_total{n="0"} 2\n');
  expect(text).toContain('housecount_metrics_dropped_total 5\n');
});

test('OPS5: a counter never goes back, a broken gauge does not break the page, a name is registered once', () => {
  const metrics = createMetrics();
  const counter = metrics.counter('x_total', 'X.');
  counter.add(3);
  counter.add(-1);
  counter.add(Number.NaN);
  metrics.gauge('bad', 'Bad.', () => {
    throw new Error('no');
  });
  expect(metrics.text()).toContain('x_total 3\n');
  expect(metrics.text()).not.toContain('bad');
  expect(() => metrics.counter('x_total', 'X.')).toThrow(TypeError);
  expect(() => metrics.counter('has space', 'X.')).toThrow(TypeError);
});

test('OPS64: names end as their kind and unit want it, or are refused at the start', () => {
  const metrics = createMetrics();
  metrics.total('read_total', 'Read.', () => [{ value: 2, labels: { a: 'b' } }]);
  expect(metrics.text()).toContain('# TYPE read_total counter\nread_total{a="b"} 2\n');
  expect(() => metrics.gauge('x_total', 'X.', () => 1)).toThrow(TypeError);
  expect(() => metrics.counter('x', 'X.')).toThrow(TypeError);
  expect(() => metrics.total('x', 'X.', () => 1)).toThrow(TypeError);
  expect(() => metrics.histogram('x_ms', 'X.', [1])).toThrow(TypeError);
  expect(() => metrics.counter('x_ms_total', 'X.')).toThrow(TypeError);
});
