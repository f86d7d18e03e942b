import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { Deadline } from './deadline.ts';

function world() {
  const clock = new SimClock();
  const signal = new AbortController();
  const heard: string[] = [];
  const begin = () => new Deadline(clock.process(), 1_000, signal.signal);
  return { clock, signal, heard, begin };
}

test('HOOK4: it ends when its time is over, and tells whoever still listens once', async () => {
  const { clock, signal, heard, begin } = world();
  const deadline = begin();
  const gone = () => heard.push('gone');
  deadline.addEventListener('abort', gone);
  deadline.addEventListener('abort', () => heard.push('stays'));
  deadline.removeEventListener('abort', gone);
  await clock.advance(999);
  expect([deadline.aborted, heard]).toEqual([false, []]);
  await clock.advance(1);
  signal.abort();
  expect([deadline.aborted, heard]).toEqual([true, ['stays']]);
  deadline.addEventListener('abort', () => heard.push('late'));
  expect(heard).toEqual(['stays']);
});

test('HOOK10: a stop ends it at once, also one from before', () => {
  const { signal, heard, begin } = world();
  const deadline = begin();
  deadline.addEventListener('abort', () => heard.push('end'));
  signal.abort();
  expect([deadline.aborted, heard]).toEqual([true, ['end']]);
  expect(begin().aborted).toBe(true);
});

test('HOOK4: once released it ends no more, and holds neither timer nor signal', async () => {
  const { clock, signal, heard, begin } = world();
  const deadline = begin();
  deadline.addEventListener('abort', () => heard.push('end'));
  deadline.release();
  await clock.advance(5_000);
  signal.abort();
  expect([deadline.aborted, heard]).toEqual([false, []]);
});
