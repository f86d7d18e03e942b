import { expect, test } from 'bun:test';
import { codeOf } from '../testing/fake-server.ts';
import { OperationQueue } from './queue.ts';

const gate = () => {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
};

test('SDK30: operations run one after the other in call order; the first begins in the same turn', async () => {
  const queue = new OperationQueue();
  const order: string[] = [];
  const first = gate();
  const one = queue.add(async () => {
    order.push('one begins');
    await first.promise;
    order.push('one ends');
  });
  expect(order).toEqual(['one begins']);
  const two = queue.add(async () => {
    order.push('two');
    throw new Error('two failed');
  });
  const three = queue.add(async () => order.push('three'));
  first.open();
  await one;
  await expect(two).rejects.toThrow('two failed');
  await three;
  expect(order).toEqual(['one begins', 'one ends', 'two', 'three']);
});

test('SDK30: abortAll rejects what runs and waits, and what comes later runs', async () => {
  const queue = new OperationQueue();
  const held = gate();
  let aborted = false;
  let ran = false;
  const running = queue.add(async (signal) => {
    await held.promise;
    aborted = signal.aborted;
  });
  const waiting = queue.add(async () => {
    ran = true;
  });
  queue.abortAll();
  const later = queue.add(async () => 'later');
  expect(await codeOf(running)).toBe('OPERATION_ABORTED');
  expect(await codeOf(waiting)).toBe('OPERATION_ABORTED');
  held.open();
  expect(await later).toBe('later');
  expect({ aborted, ran }).toEqual({ aborted: true, ran: false });
});

test('SDK104: tasks that abortAll spares, running or waiting, come to their own end', async () => {
  const queue = new OperationQueue();
  const held = gate();
  const running = queue.addSpared(() => held.promise);
  const waiting = queue.addSpared(async () => 'done');
  queue.abortAll();
  held.open();
  await running;
  expect(await waiting).toBe('done');
});

test('SDK30: a queue has an end', async () => {
  const queue = new OperationQueue();
  const held = gate();
  const all = Array.from({ length: 1001 }, () => queue.add(() => held.promise));
  expect(await codeOf(queue.add(async () => undefined))).toBe('OPERATION_ABORTED');
  held.open();
  await Promise.all(all);
});
