import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type ApiWorld, type Body, openApiWorld, testApp } from '../../testing/worlds/api-world.ts';

const path = `/v1/apps/${testApp.id}/endpoints`;
const url = 'https://managed.test/notices';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld({ endpoint: true });
});
afterEach(() => world.close());

const post = (where: string, send?: unknown) =>
  world.json(where, { method: 'POST', ...(send !== undefined && { send }) });
const patch = (where: string, send: unknown) => world.json(where, { method: 'PATCH', send });
async function made(fields: Record<string, unknown> = {}): Promise<{ at: string; body: Body }> {
  const { body } = await post(path, { url, ...fields });
  return { at: `${path}/${body.endpoint.endpointId}`, body };
}

describe('endpoints over REST', () => {
  test('REST40: made, seen, changed, enabled, paused, resumed and deleted', async () => {
    const { at } = await made({ events: [105, 106], description: 'mine' });
    expect((await world.json(at)).body).toMatchObject({ state: 'disabled', source: 'managed', url });
    const changed = await patch(at, {
      description: 'ours',
      events: null,
      retry: [1, 2.5],
      headers: { 'X-A': 'hidden' },
    });
    expect(changed.body).toMatchObject({ description: 'ours', events: [105, 106], url, retry: [1, 2.5] });
    expect(changed.body.headerNames).toEqual(['X-A']);
    expect(JSON.stringify(changed.body)).not.toContain('hidden');
    expect((await patch(at, { description: 'mine' })).body).toMatchObject({
      retry: [1, 2.5],
      headerNames: ['X-A'],
    });
    // The endpoint was never sent anything, so there is nothing that it did not take.
    const id = at.split('/').at(-1);
    expect((await world.json(path.replace('endpoints', `given-up?endpoint=${id}`))).body).toEqual({
      endpoint: id,
      notices: [],
      next: 0,
      more: false,
    });
    expect((await post(`${at}/test`)).body).toMatchObject({
      ok: true,
      results: [{ code: 200 }, { code: 200 }],
    });
    const enabled = await post(`${at}/enable`);
    expect(enabled).toMatchObject({ status: 200, body: { ok: true, endpoint: { state: 'running' } } });
    expect((await post(`${at}/pause`)).body.state).toBe('paused');
    expect((await post(`${at}/resume`)).body.state).toBe('running');
    const { body } = await world.json(path);
    expect(body.endpoints.map(({ source }: Body) => source)).toEqual(['config', 'managed']);
    expect((await world.ask(at, { method: 'DELETE' })).status).toBe(200);
    expect(await world.json(at)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test('TENANT7: where the operator names no private network, none can be asked for; what is there already stays', async () => {
    const asked = { url: 'http://10.0.0.5/', allowPrivateNetwork: true };
    const { at: before } = await made(asked);
    expect((await patch(before, { description: 'as it was' })).status).toBe(200);
    await world.close();
    world = await openApiWorld({ hasNamedNetworks: false });
    const refused = { status: 400, body: { code: 'body_invalid' } };
    expect(await post(path, asked)).toMatchObject(refused);
    const { at } = await made();
    expect(await patch(at, { allowPrivateNetwork: true })).toMatchObject(refused);
    expect((await world.json(at)).body.allowPrivateNetwork).toBe(false);
  });

  test('REST41: a secret is shown when it is made or rotated, and never again', async () => {
    const { at, body } = await made();
    expect(body.secret).toMatch(/^whsec_/);
    const rotated = (await post(`${at}/rotate-secret`)).body;
    expect(rotated.endpoint.secrets).toHaveLength(2);
    const shown = await (await world.ask(path)).text();
    for (const secret of [body.secret, rotated.secret]) expect(shown).not.toContain(secret);
    expect((await post(`${at}/rotate-secret`)).body.code).toBe('endpoint_state');
  });

  test('REST42: an endpoint that does not pass its test is refused with the results, and gets nothing', async () => {
    const { at } = await made({ events: [101] });
    world.answer = { answered: false, stage: 'resolve', detail: 'no such name' };
    const refused = await post(`${at}/enable`);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'health_test_failed', results: [{ eventType: 101, ok: false, code: 591 }] },
    });
    expect(refused.body.requestId).toBeString();
    expect((await world.json(at)).body.state).toBe('disabled');
    for (const act of ['pause', 'resume'])
      expect(await post(`${at}/${act}`)).toMatchObject({ status: 409, body: { code: 'endpoint_state' } });
  });

  test('REST43: one of the configuration is shown and tested, and not changed', async () => {
    const at = `${path}/main`;
    expect((await post(`${at}/test`)).body.ok).toBe(true);
    for (const act of ['pause', 'resume', 'enable', 'rotate-secret'])
      expect(await post(`${at}/${act}`)).toMatchObject({ status: 409, body: { code: 'endpoint_read_only' } });
    expect((await patch(at, { url })).body.code).toBe('endpoint_read_only');
    expect((await world.json(at, { method: 'DELETE' })).body.code).toBe('endpoint_read_only');
  });

  const bad: readonly [string, unknown, RegExp][] = [
    ['no body', undefined, /Expected a JSON object/],
    ['a list', [], /Expected a JSON object/],
    ['no URL', {}, /url: expected an https/],
    ['plain http', { url: 'http://x.test/' }, /url: expected an https/],
    ['a URL with a password', { url: 'https://u:p@x.test/' }, /url: expected a URL without user/],
    ['a long URL', { url: `https://x.test/${'x'.repeat(2048)}` }, /url: expected a URL of at most 2048/],
    ['an unknown event', { url, events: [109] }, /events\[0\]: expected one of 101/],
    ['an event twice', { url, events: [101, 101] }, /events\[1\]: the same event/],
    ['no event', { url, events: [] }, /events: expected at least one/],
    ['a long description', { url, description: 'x'.repeat(1001) }, /description: expected at most 1000/],
    ['an empty secret', { url, secret: ' ' }, /secret: expected a text that is not empty/],
    ['a list of secrets', { url, secrets: [] }, /secrets: unknown key/],
    ['a header of ours', { url, headers: { Host: 'x' } }, /headers: The header Host/],
    ['a retry plan', { url, retry: [-1] }, /retry\[0\]: expected seconds/],
    ['an unknown field', { url, colour: 'red' }, /colour: unknown key/],
  ];
  for (const [name, send, message] of bad)
    test(`REST44: ${name} is refused in a sentence, and nothing is made`, async () => {
      const { status, body } = await post(path, send);
      expect({ status, code: body.code }).toEqual({ status: 400, code: 'body_invalid' });
      expect(body.message).toMatch(message);
      expect((await world.json(path)).body.endpoints).toHaveLength(1);
    });

  test('REST44: so is a change, which then changes nothing, and a rotation', async () => {
    const { at, body } = await made();
    for (const send of [{ url: 'ftp://x.test' }, { secret: 's' }, { events: 5 }, []])
      expect((await patch(at, send)).body.code).toBe('body_invalid');
    // One mistake gets one sentence.
    const { message } = (await patch(at, { secret: 's' })).body;
    expect(message).toContain('secret: unknown key');
    expect(message).not.toContain('secrets');
    for (const send of [{ overlapMs: -1 }, { overlapMs: 1e12 }, { secret: 5 }, 'x'])
      expect((await post(`${at}/rotate-secret`, send)).body.code).toBe('body_invalid');
    expect((await world.json(at)).body).toEqual(body.endpoint);
  });

  test('REST44: another app has none of it', async () => {
    const { at } = await made();
    const elsewhere = at.replace(testApp.id, 'f'.repeat(32));
    expect((await world.json(elsewhere)).body.code).toBe('invalid_app_id');
    for (const act of ['test', 'enable', 'pause', 'resume', 'rotate-secret'])
      expect(await post(`${path}/nobody/${act}`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
