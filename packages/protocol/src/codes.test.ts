import { expect, test } from 'bun:test';
import { type Code, codeOfClose, codes } from './index.ts';

test('WIRE1: every code has a close code of its own, by which it is found again', () => {
  for (const code of Object.keys(codes) as Code[]) {
    const { close, http } = codes[code];
    expect([code, codeOfClose(close)]).toEqual([code, code]);
    expect(close).toBeGreaterThanOrEqual(4000);
    expect(close).toBeLessThanOrEqual(4999);
    expect(http).toBeGreaterThanOrEqual(200);
    expect(http).toBeLessThan(600);
  }
  expect(codeOfClose(1006)).toBeUndefined();
});
