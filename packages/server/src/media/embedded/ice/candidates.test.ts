import { expect, test } from 'bun:test';
import { at, passive, ranked } from './candidates.ts';

const four = 'candidate:1 1 UDP 2130706431 192.0.2.1 7081 typ host';
const six = 'candidate:2 1 UDP 2130706175 2001:db8::1 7081 typ host';

test('MEDIA40: candidates of another rank stay below or above in both families, and in order among themselves', () => {
  const of = (rank: 'first' | 'second' | 'third') =>
    ranked([four, six], rank).map((line) => Number(line.split(' ')[3]));
  expect(of('first')).toEqual([2_130_706_431, 2_130_706_175]);
  const [first, second, third] = [of('first'), of('second'), of('third')];
  for (const [above, below] of [
    [first, second],
    [second, third],
  ])
    expect(Math.min(...(above ?? []))).toBeGreaterThan(Math.max(...(below ?? [])));
  for (const [one = 0, two = 0] of [first, second, third]) expect(one).toBeGreaterThan(two);
});

test('MEDIA45: a passive candidate has the announced address in either family, a TCP port of that, and its own foundation', () => {
  expect(passive(at([four, six], (address) => (address.includes(':') ? 6_000 : 4_000)))).toEqual([
    'candidate:t1 1 tcp 2130706431 192.0.2.1 4000 typ host tcptype passive',
    'candidate:t2 1 tcp 2130706175 2001:db8::1 6000 typ host tcptype passive',
  ]);
  expect(at([four, six], (address) => (address.includes(':') ? undefined : 1))).toHaveLength(1);
});
