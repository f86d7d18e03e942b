import { expect, test } from 'bun:test';
import { createRequire } from 'node:module';
import { token } from './token.ts';

// The official parser is not exported from the package's root.
const { AccessToken2, kRtcServiceType, kRtmServiceType } = createRequire(import.meta.url)(
  'agora-token/src/AccessToken2',
) as {
  kRtcServiceType: number;
  kRtmServiceType: number;
  AccessToken2: new (
    app: string,
    certificate: string,
    issueTs: number,
    expire: number,
  ) => {
    appId: Buffer;
    issueTs: number;
    expire: number;
    from_string(token: string): boolean;
    verifySignature(certificate: string): boolean;
    getServices(type: number): {
      __channel_name: Buffer;
      __uid: Buffer;
      __user_id?: Buffer;
      __privileges: Record<string, number>;
    }[];
  };
};

const app = '0123456789abcdef0123456789abcdef';
const certificate = 'fedcba9876543210fedcba9876543210';

async function make(values: Record<string, string | boolean>): Promise<string> {
  let out = '';
  const status = await token.run(
    { app, certificate, channel: 'lobby', ...values },
    {
      out: (text) => {
        out += text;
      },
      err: () => {},
      env: {},
    },
  );
  expect(status).toBe(0);
  return out;
}

function parse(text: string) {
  const parsed = new AccessToken2('', '', 0, 0);
  expect(parsed.from_string(text)).toBe(true);
  expect(parsed.verifySignature(certificate)).toBe(true);
  expect(parsed.verifySignature(app)).toBe(false);
  const [service] = parsed.getServices(kRtcServiceType);
  return {
    app: parsed.appId.toString(),
    expire: parsed.expire,
    issued: parsed.issueTs,
    channel: service?.__channel_name.toString(),
    uid: service?.__uid.toString(),
    privileges: service?.__privileges,
  };
}

test('CLI4: one token and nothing else, which the official parser reads and verifies', async () => {
  const out = await make({ uid: '7' });
  expect(out).toMatch(/^007[A-Za-z0-9+/]+=*\n$/);
  const parsed = parse(out.trim());
  expect(parsed).toMatchObject({ app, expire: 3600, channel: 'lobby', uid: '7', privileges: { 1: 3600 } });
  expect(Math.abs(parsed.issued - Date.now() / 1000)).toBeLessThan(60);
});

test('CLI4: hosts may publish; accounts, wildcards and any uid', async () => {
  expect(parse((await make({ role: 'host', expire: '60' })).trim())).toMatchObject({
    uid: '',
    privileges: { 1: 60, 2: 60, 3: 60, 4: 60 },
  });
  expect(parse((await make({ account: 'alice' })).trim()).uid).toBe('alice');
  expect(parse((await make({ channel: 'lobby-*', account: '*' })).trim())).toMatchObject({
    channel: 'lobby-*',
    uid: '*',
  });
});

test('CLI4: a token for one user also logs in to signaling; one without a channel does nothing else', async () => {
  const users = (out: string) => {
    const parsed = new AccessToken2('', '', 0, 0);
    expect(parsed.from_string(out.trim())).toBe(true);
    expect(parsed.verifySignature(certificate)).toBe(true);
    return [kRtcServiceType, kRtmServiceType].map((type) =>
      parsed.getServices(type).map((service) => (service.__user_id ?? service.__uid).toString()),
    );
  };
  expect(users(await make({ account: 'alice' }))).toEqual([['alice'], ['alice']]);
  expect(users(await make({ uid: '7' }))).toEqual([['7'], ['7']]);
  // These name no single user, or none that signaling has.
  for (const many of [{}, { account: '*' }, { account: 'a.b' }] as Record<string, string>[])
    expect(users(await make(many))[1]).toEqual([]);
  const alone = { app, certificate, account: 'alice' };
  const out: string[] = [];
  const terminal = { out: (text: string) => void out.push(text), err: () => {}, env: {} };
  await token.run(alone, terminal);
  expect(users(out.join(''))).toEqual([[], ['alice']]);
  await expect(token.run({ app, certificate }, terminal)).rejects.toThrow('name a --channel');
});

test('CLI4: two tokens are never the same; --json says what the token is for', async () => {
  expect(await make({})).not.toBe(await make({}));
  const json = JSON.parse(await make({ uid: '7', json: true }));
  expect(json).toMatchObject({ app, channel: 'lobby', uid: 7, role: 'audience' });
  expect(parse(json.token).uid).toBe('7');
  expect(Date.parse(json.expires)).toBeGreaterThan(Date.now());
});
