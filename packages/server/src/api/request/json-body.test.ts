import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ApiWorld, openApiWorld, testApp } from '../../../testing/worlds/api-world.ts';
import { bodyDepthMax } from './json-body.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld();
});
afterEach(() => world.close());

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

/** A message with this as its custom type, which is to be a text, sent to be done once. */
async function send(body: string): Promise<{ status: number; code: string; message: string }> {
  const response = await world.ask(`/v1/apps/${testApp.id}/channels/lobby/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body,
  });
  return { status: response.status, ...((await response.json()) as { code: string; message: string }) };
}

test('PARSE4: a body that is nested too deep is refused before anything is made of it', async () => {
  const deep = (depth: number) =>
    send(`{"publisher":"ann","content":{"text":"x"},"customType":${nested(depth)}}`);
  // A body may be this deep in bytes: to write it again would take the server seconds, or its stack.
  for (const depth of [bodyDepthMax, 30_000, 60_000])
    expect(await deep(depth)).toMatchObject({
      status: 400,
      code: 'body_invalid',
      message: expect.stringContaining('nested deeper'),
    });
  const { message } = await deep(bodyDepthMax - 1);
  expect(message).not.toContain('nested deeper');
});

test('PARSE4: brackets in texts are no nesting', async () => {
  const text = JSON.stringify(`"\\${'[{'.repeat(1_000)}`);
  expect(await send(`{"publisher":"ann","content":{"text":${text}}}`)).toMatchObject({ status: 200 });
});

test('WIRE43: JSON bodies: type and syntax are checked', async () => {
  const post = async (body: string, type?: string) =>
    (
      await world.ask(`/v1/apps/${testApp.id}/channels/lobby/messages`, {
        method: 'POST',
        headers: { 'idempotency-key': crypto.randomUUID(), ...(type && { 'content-type': type }) },
        body,
      })
    ).status;
  const message = '{"publisher":"ann","content":{"text":"x"}}';
  expect(await post(message, 'application/json')).toBe(200);
  expect(await post(message, 'Application/JSON; charset=utf-8')).toBe(200);
  expect(await post(message, 'text/plain')).toBe(415);
  expect(await post(message)).toBe(415);
  expect(await post('{"publisher":', 'application/json')).toBe(400);
  expect(await post('', 'application/json')).toBe(400);
});
