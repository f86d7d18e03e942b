import { expect, test } from 'bun:test';
import { DeliveryWindow } from './delivery-window.ts';

test('HOOK13: the cursor is what was read, less what is open; reading starts before the oldest open one', () => {
  const window = new DeliveryWindow({ through: 10, open: [] });
  expect(window.readAfter).toBe(10);
  for (const position of [11, 13, 14]) expect(window.take(position)).toBe(true);
  window.skip(12);
  window.skip(15);
  window.finish(13);
  expect(window.cursor()).toEqual({ through: 15, open: [11, 14] });
  expect(window.readAfter).toBe(10);
  window.finish(11);
  expect(window.readAfter).toBe(13);
  window.finish(14);
  expect(window.cursor()).toEqual({ through: 15, open: [] });
});

test('HOOK13: after a restart, what was open is taken again and what was finished is not', () => {
  const window = new DeliveryWindow({ through: 15, open: [11, 14] });
  expect([11, 12, 13, 14, 15, 16].map((position) => window.take(position))).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
  // The endpoint no longer wants what is at 14.
  window.skip(14);
  expect(window.cursor()).toEqual({ through: 16, open: [11, 16] });
});
