import { expect, test } from 'bun:test';
import { pointsMax, stepChart } from './step-path.ts';

const box = { width: 100, height: 50, nowMs: 2_000 };

test('DEMO9: the count holds until it changes, and to the right edge at the end', () => {
  const chart = stepChart(
    [
      { atMs: 1_000, count: 1 },
      { atMs: 1_500, count: 2 },
      { atMs: 1_750, count: 0 },
    ],
    box,
  );
  expect(chart?.line).toBe('M0 25H50V0H75V50H100');
  expect(chart?.area).toBe('M0 25H50V0H75V50H100V50H0Z');
  expect(chart?.countMax).toBe(2);
});

test('DEMO9: no events make no chart, and one at this very moment makes a whole one', () => {
  expect(stepChart([], box)).toBeUndefined();
  const chart = stepChart([{ atMs: 2_000, count: 0 }], box);
  expect(chart?.line).toBe('M0 50H100');
  expect(chart?.line).not.toContain('NaN');
});

test('DEMO9: a peak is drawn however many points are thinned', () => {
  const points = Array.from({ length: pointsMax * 7 + 3 }, (_, index) => ({ atMs: index, count: 1 }));
  points[1234] = { atMs: 1234, count: 90 };
  points.push({ atMs: 9_999, count: 3 });
  const chart = stepChart(points, { ...box, nowMs: 9_999 });
  expect(chart?.countMax).toBe(100);
  expect(chart?.line).toContain('V5H');
  expect(chart?.line.endsWith('V48.5H100')).toBe(true);
  expect((chart?.line.match(/V/g) ?? []).length).toBeLessThanOrEqual(pointsMax + 1);
});
