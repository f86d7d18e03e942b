import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Glob } from 'bun';
import { ConfigError } from '../settings/reader.ts';
import { environmentKinds, variableOf } from './environment.ts';
import { type LoadOptions, loadConfig } from './load.ts';
import { endpointIdOf } from './sections/endpoints.ts';

const folder = mkdtempSync(join(tmpdir(), 'housecount-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const app = 'a'.repeat(32);
const certificate = 'b'.repeat(32);
let files = 0;
function yaml(content: string): string {
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(path, content);
  return path;
}
const minimal = `apps: [{ id: ${app}, certificate: ${certificate} }]\n`;

function problemsOf(options: Partial<LoadOptions>): readonly string[] {
  try {
    loadConfig({ env: {}, ...options });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test.each([
  ['', 7081],
  ['media: { udpPort: 9000 }', 0],
  ['media: { udpPort: 9000, tcpPort: 9000 }', 9000],
  ['media: { tcpPort: 0 }', 0],
  ['listen: { port: 7081 }', 0],
])('MEDIA48: with %j the TCP port of media is %i', (more, tcpPort) => {
  expect(loadConfig({ env: {}, file: yaml(`${minimal}${more}\n`) }).media.tcpPort).toBe(tcpPort);
});

describe('without a file', () => {
  test('OPS1: it is the development app on loopback, with a customer', () => {
    const config = loadConfig({ env: {} });
    expect(config.development).toBe(true);
    expect(config.listen).toEqual({
      host: '127.0.0.1',
      port: 7080,
      trustedProxies: [],
      forwardedHeader: 'auto',
      basePath: '',
      socketsMax: 100_000,
      socketsPerAddressMax: 20_000,
      requestsMax: 10_000,
      requestsPerAddressMax: 1_000,
    });
    expect(config.apps.map(({ id }) => id)).toEqual(['0123456789abcdef0123456789abcdef']);
    expect(config.customers).toHaveLength(1);
    expect(config.dataDir).toBe('./data');
    expect(config.leases).toEqual({ rtcMs: 10_000, signalingMs: 10_000, recoveryMs: 15_000 });
  });

  test('OPS1: apps from the environment end development: no fixed certificate, no fixed customer', () => {
    const config = loadConfig({ env: { HOUSECOUNT_APPS: JSON.stringify([{ id: app, certificate }]) } });
    expect(config.development).toBe(false);
    expect(config.customers).toEqual([]);
  });
});

describe('with a file', () => {
  test('ACCESS5: an app may be without certificate: on loopback, or where everybody is meant', () => {
    const apps = (content: string) => loadConfig({ file: yaml(content), env: {} }).apps;
    expect(apps(`apps: [{ id: ${app} }]`)[0]).toMatchObject({ id: app, openTo: 'thisMachine' });
    expect(apps(`apps: [{ id: ${app} }]`)[0]).not.toHaveProperty('certificate');
    const meant = `apps: [{ id: ${app}, openTo: everybody }]\nlisten: { host: 0.0.0.0 }`;
    expect(apps(meant)[0]).toMatchObject({ openTo: 'everybody' });
  });

  test('PERSON7: members are linked to users where live and signaling channels are bound, unless the app says otherwise', () => {
    const linksOf = (fields: string) =>
      loadConfig({ file: yaml(`apps: [{ id: ${app}, certificate: ${certificate}${fields} }]`), env: {} })
        .apps[0]?.linkIdentities;
    expect(linksOf('')).toBe(true);
    expect(linksOf(', bindSignaling: false')).toBe(false);
    expect(linksOf(', linkIdentities: false')).toBe(false);
    expect(linksOf(', bindSignaling: false, linkIdentities: true')).toBe(true);
    expect(() => linksOf(', linkIdentities: yes-please')).toThrow('apps[0].linkIdentities');
  });

  test('TENANT6: a customer that says nothing else has every app, as admin, with names', () => {
    const one = (fields: string) =>
      loadConfig({
        file: yaml(`${minimal}customers: [{ id: c, secret: sixteen-letters-${fields} }]`),
        env: {},
      }).customers;
    const base = { id: 'c', secret: 'sixteen-letters-' };
    expect(one('')).toEqual([{ ...base, apps: undefined, role: 'admin', names: true }]);
    expect(one(`, apps: [${app}], role: read, names: false`)).toEqual([
      { ...base, apps: [app], role: 'read', names: false },
    ]);
  });

  test('OPS2: file, then environment, then overrides', () => {
    const file = yaml(`${minimal}listen: { host: 0.0.0.0, port: 1 }\nleases: { rtcMs: 5000 }\n`);
    const config = loadConfig({
      file,
      env: { HOUSECOUNT_LISTEN_PORT: '2', HOUSECOUNT_LEASES_SIGNALING_MS: '6000' },
      overrides: { listen: { port: 3 } },
    });
    expect(config.development).toBe(false);
    expect(config.listen).toMatchObject({ host: '0.0.0.0', port: 3 });
    expect(config.leases).toEqual({ rtcMs: 5000, signalingMs: 6000, recoveryMs: 15_000 });
  });

  test('OPS2: an endpoint gets every event and an id that depends on app and url only', () => {
    const url = 'https://example.com/ncsNotify';
    const file = yaml(`${minimal}endpoints: [{ app: ${app}, url: "${url}", secret: s }]`);
    const [endpoint] = loadConfig({ file, env: {} }).endpoints;
    expect(endpoint?.id).toBe(endpointIdOf(app, url));
    expect(endpoint?.events).toEqual([101, 102, 103, 104, 105, 106, 107, 108, 111, 112]);
    expect(endpoint?.allowPrivateNetwork).toBe(false);
    expect(endpointIdOf(app, url)).not.toBe(endpointIdOf(certificate, url));
  });

  test('OPS2: an app says how signaling tells who is there', () => {
    const apps = `apps: [{ id: ${app}, certificate: ${certificate}, signaling: { announceMax: 100, lease: client } }]\n`;
    const signaling = (file?: string) =>
      loadConfig({ ...(file && { file: yaml(file) }), env: {} }).apps[0]?.signaling;
    const fallback = {
      announceMax: 50,
      intervalMs: 30_000,
      debounceMs: 2_000,
      lease: 'server',
      historyDays: 30,
    };
    expect(signaling()).toEqual(fallback as never);
    expect(signaling(minimal)).toEqual(fallback as never);
    expect(signaling(apps)).toEqual({ ...fallback, announceMax: 100, lease: 'client' } as never);
  });

  test('OPS2: a key with nothing behind it, or null, counts as left out, wherever it stands', () => {
    const left = loadConfig({ file: yaml(minimal), env: {} });
    const empty = `apps: [{ id: ${app}, certificate: ${certificate}, limits: { channelMembersMax: }, signaling: }]
limits: { helloMs: null }\nlisten:\nleases: { rtcMs: ~ }\ncustomers:\nlog: { level: }`;
    const { file: _, ...found } = loadConfig({ file: yaml(empty), env: {} });
    expect(left).toMatchObject(found);
  });

  test('OPS2: self-signed TLS, and certificate files', () => {
    const files = 'listen: { tls: { cert: a.pem, key: b.pem } }';
    expect(loadConfig({ env: { HOUSECOUNT_LISTEN_TLS_SELF_SIGNED: 'true' } }).listen.tls).toEqual({
      selfSigned: true,
    });
    expect(loadConfig({ file: yaml(minimal + files), env: {} }).listen.tls).toEqual({
      cert: 'a.pem',
      key: 'b.pem',
    });
  });

  test('OPS2: every key has one variable of its own', () => {
    const variables = Object.keys(environmentKinds).map(variableOf);
    expect(new Set(variables).size).toBe(variables.length);
    expect(variableOf('listen.tls.selfSigned')).toBe('HOUSECOUNT_LISTEN_TLS_SELF_SIGNED');
  });
});

describe('OPS3: a wrong configuration names the path and what was expected', () => {
  const cases: readonly [string, string, RegExp][] = [
    [
      'a proxy by name',
      `${minimal}listen: { trustedProxies: [127.0.0.1, localhost] }`,
      /^listen\.trustedProxies\[1\]: expected an address or a network, like /,
    ],
    [
      'a network that is none',
      `${minimal}listen: { trustedProxies: ['10.0.0.0/33'] }`,
      /^listen\.trustedProxies\[0\]: expected an address or a network/,
    ],
    [
      'a base path that is none',
      `${minimal}listen: { basePath: hc }`,
      /^listen\.basePath: expected a path like /,
    ],
    [
      'a base path with dots',
      `${minimal}listen: { basePath: /a/.. }`,
      /^listen\.basePath: expected a path like /,
    ],
    [
      'a header that no proxy writes',
      `${minimal}listen: { forwardedHeader: via }`,
      /^listen\.forwardedHeader: /,
    ],
    [
      'an unknown key',
      `${minimal}lisen: {}`,
      /^lisen: unknown key; did you mean listen\? \(known here: listen, .*, log\)$/,
    ],
    [
      'an unknown key below',
      `${minimal}listen: { prt: 1 }`,
      /^listen\.prt: unknown key; did you mean port\? \(known here: host, port,/,
    ],
    [
      'an interval too short',
      `apps: [{ id: ${app}, certificate: ${certificate}, signaling: { intervalMs: 100 } }]`,
      /^apps\[0\]\.signaling\.intervalMs: expected a whole number from 5000/,
    ],
    [
      'a signaling lease too short',
      `${minimal}leases: { signalingMs: 3000 }`,
      /^leases\.signalingMs: expected at least 5000 ms/,
    ],
    ['a wrong type', `${minimal}listen: { port: "80" }`, /^listen\.port: expected a whole number from 0/],
    [
      'an announced name',
      `${minimal}media: { announcedAddress: live.example.com }`,
      /^media\.announcedAddress: expected an IP address, or auto/,
    ],
    ['no app', 'apps: []', /^apps: expected a list of at least one app, got an empty list$/],
    ['a port too large, said', `${minimal}listen: { port: 65536 }`, /, got 65536$/],
    ['a port too large', `${minimal}listen: { port: 65536 }`, /^listen\.port: expected a whole number/],
    [
      'a list for an object',
      `${minimal}listen: [1]`,
      /^listen: expected an object with host, port, tls, .*, got a list/,
    ],
    ['a text for a number', `${minimal}listen: { port: "80" }`, /, got "80"$/],
    ['a long text for a number', `${minimal}listen: { port: ${'9'.repeat(50)}x }`, /, got "9{40}" …$/],
    ['a text for a choice', `${minimal}log: { level: loud }`, /^log\.level: .*"error", got "loud"$/],
    ['a text for a flag', `${minimal}listen: { tls: { selfSigned: "no" } }`, /false, got "no"$/],
    ['an object for a number', `${minimal}listen: { port: {} }`, /^listen\.port: .*, got an object$/],
    ['a text for an object', `${minimal}listen: here`, /^listen: expected an object with .*, got a string$/],
    ['a text for a list', `${minimal}customers: c`, /^customers: expected a list, got a string$/],
    [
      'an empty text',
      `${minimal}dataDir: ""`,
      /^dataDir: expected the path of a folder, got an empty string$/,
    ],
    [
      'an unknown limit',
      `${minimal}limits: { helloMS: 1 }`,
      /^limits\.helloMS: unknown key; did you mean helloMs\? \(docs\/settings\.md has the list\)$/,
    ],
    [
      'an unknown limit of an app',
      `apps: [{ id: ${app}, certificate: ${certificate}, limits: { nothingNear: 1 } }]`,
      /^apps\[0\]\.limits\.nothingNear: unknown key; docs\/settings\.md has the list$/,
    ],
    [
      'a list for limits',
      `${minimal}limits: []`,
      /^limits: expected an object whose keys docs\/settings\.md lists, got an empty list$/,
    ],
    ['no apps', 'listen: { port: 1 }', /^apps: expected a list of at least one app/],
    ['apps empty', 'apps: []', /^apps: expected a list of at least one app/],
    [
      'an app id',
      `apps: [{ id: 12, certificate: ${certificate} }]`,
      /^apps\[0\]\.id: expected 32 hexadecimal characters in quotes, got a number/,
    ],
    [
      'an app twice',
      `apps: [${app}, ${app}]`.replaceAll(app, `{ id: ${app}, certificate: ${certificate} }`),
      /^apps\[1\]: the same app id/,
    ],
    [
      'a lease that ends before silence is told',
      `${minimal}leases: { rtcMs: 4999 }`,
      /^leases\.rtcMs: expected at least 5000 ms, because .* got 4999$/,
    ],
    ['a lease without end', `${minimal}leases: { rtcMs: 600001 }`, /^leases\.rtcMs: .* from 5000 to 600000/],
    ['a lease in words', `${minimal}leases: { rtcMs: short }`, /^leases\.rtcMs: .* from 5000 to 600000/],
    [
      'a lease of zero',
      `${minimal}leases: { recoveryMs: 0 }`,
      /^leases\.recoveryMs: expected a whole .* 100 /,
    ],
    ['an engine', `${minimal}engine: redis`, /^engine: expected "embedded"/],
    [
      'a customer without secret',
      `${minimal}customers: [{ id: c }]`,
      /^customers\[0\]\.secret: expected a text of at least 16 characters/,
    ],
    [
      'a customer with an empty secret',
      `${minimal}customers: [{ id: c, secret: "" }]`,
      /^customers\[0\]\.secret/,
    ],
    [
      'a colon in a customer id',
      `${minimal}customers: [{ id: "a:b", secret: sixteen-letters- }]`,
      /^customers\[0\]\.id: expected a text without a colon/,
    ],
    [
      'an app without certificate that others reach',
      `apps: [{ id: ${app} }]\nlisten: { host: 0.0.0.0 }`,
      /^apps\[0\]\.certificate: expected 32 hex.* openTo: everybody$/,
    ],
    [
      'an app without certificate behind a proxy',
      `apps: [{ id: ${app} }]\nlisten: { trustedProxies: [127.0.0.1] }`,
      /^apps\[0\]\.certificate: expected 32 hex/,
    ],
    [
      'a certificate of an app that is open to everybody',
      `apps: [{ id: ${app}, certificate: ${certificate}, openTo: everybody }]`,
      /^apps\[0\]\.openTo: expected no certificate/,
    ],
    [
      'a second certificate without the first',
      `apps: [{ id: ${app}, secondaryCertificate: ${certificate} }]`,
      /^apps\[0\]\.secondaryCertificate: expected certificate, too/,
    ],
    [
      'a secret that can be guessed',
      `${minimal}customers: [{ id: c, secret: fifteen-letters }]`,
      /^customers\[0\]\.secret: expected a text of at least 16 characters/,
    ],
    [
      'a customer of an app that there is not',
      `${minimal}customers: [{ id: c, secret: sixteen-letters-, apps: [${'9'.repeat(32)}] }]`,
      /^customers\[0\]\.apps\[0\]: expected the id of an app under apps/,
    ],
    [
      'a customer of no app',
      `${minimal}customers: [{ id: c, secret: sixteen-letters-, apps: [] }]`,
      /^customers\[0\]\.apps: expected at least one app/,
    ],
    [
      'a role that there is not',
      `${minimal}customers: [{ id: c, secret: sixteen-letters-, role: owner }]`,
      /^customers\[0\]\.role: expected "read" or "operate" or "admin"/,
    ],
    [
      'TLS twice',
      `${minimal}listen: { tls: { cert: a, key: b, selfSigned: true } }`,
      /^listen\.tls: expected either/,
    ],
    ['TLS by half', `${minimal}listen: { tls: { cert: a } }`, /^listen\.tls\.key: expected the path/],
    [
      'an ICE server',
      `${minimal}media: { iceServers: [{ urls: "http://x" }] }`,
      /^media\.iceServers\[0\]\.urls: expected a stun:/,
    ],
    [
      'a TCP port of media',
      `${minimal}media: { tcpPort: 70000 }`,
      /^media\.tcpPort: expected a whole number/,
    ],
    [
      'a secret of an ICE server beside a password',
      `${minimal}media: { iceServers: [{ urls: "turn:x", username: u, credential: c, secret: s }] }`,
      /^media\.iceServers\[0\]\.secret: expected a text, without/,
    ],
    [
      'a secret of a STUN server',
      `${minimal}media: { iceServers: [{ urls: "stun:x", secret: s }] }`,
      /^media\.iceServers\[0\]\.secret: expected a text, without/,
    ],
    ['a log level', `${minimal}log: { level: loud }`, /^log\.level: expected "debug" or/],
  ];
  for (const [name, content, expected] of cases)
    test(`OPS3: ${name}`, () => {
      const problems = problemsOf({ file: yaml(content) });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(expected);
    });

  const endpoint = (fields: string) => `${minimal}endpoints: [{ app: ${app}, secret: s, ${fields} }]`;
  const endpointCases: readonly [string, string, RegExp][] = [
    [
      'an id as the server makes them',
      'url: "https://x.test/", id: ep_1',
      /^endpoints\[0\]\.id: .* not beginning with ep_/,
    ],
    ['plain http', 'url: "http://x.test/"', /^endpoints\[0\]\.url: expected an https/],
    ['no URL', 'url: nowhere', /^endpoints\[0\]\.url: expected an https/],
    [
      'another scheme',
      'url: "ftp://x.test", allowPrivateNetwork: true',
      /^endpoints\[0\]\.url: expected an https/,
    ],
    ['a password in it', 'url: "https://u:p@x.test/"', /^endpoints\[0\]\.url: expected a URL without user/],
    [
      'an unknown event',
      'url: "https://x.test/", events: [109]',
      /^endpoints\[0\]\.events\[0\]: expected one of 101.*, got 109$/,
    ],
    [
      'an event twice',
      'url: "https://x.test/", events: [101, 101]',
      /^endpoints\[0\]\.events\[1\]: the same event/,
    ],
    ['no events', 'url: "https://x.test/", events: []', /^endpoints\[0\]\.events: expected at least one/],
    [
      'a format',
      'url: "https://x.test/", format: xml',
      /^endpoints\[0\]\.format: expected "agora" or "standard"/,
    ],
  ];
  for (const [name, fields, expected] of endpointCases)
    test(`OPS3: endpoint: ${name}`, () => {
      const problems = problemsOf({ file: yaml(endpoint(fields)) });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(expected);
    });

  test('OPS3: endpoint of an app that is not there, and the same endpoint twice', () => {
    const one = `{ app: ${certificate}, url: "https://x.test/", secret: s }`;
    const problems = problemsOf({ file: yaml(`${minimal}endpoints: [${one}]`) });
    expect(problems).toEqual(['endpoints[0].app: expected the id of an app under apps']);
    const same = one.replace(certificate, app);
    expect(problemsOf({ file: yaml(`${minimal}endpoints: [${same}, ${same}]`) })).toEqual([
      'endpoints[1]: the same endpoint id (or the same app and url) is given twice',
    ]);
  });

  test('OPS3: plain http is taken where the private network is allowed', () => {
    const file = yaml(endpoint('url: "http://127.0.0.1:1/", allowPrivateNetwork: true'));
    expect(problemsOf({ file })).toEqual([]);
  });

  test('OPS3: all problems are told at once', () => {
    expect(problemsOf({ file: yaml('listen: { port: x, prt: 1 }\nnope: 1') })).toHaveLength(4);
  });

  test('OPS3: a file that is missing, is not YAML, or is no object', () => {
    expect(problemsOf({ file: join(folder, 'none.yaml') })[0]).toMatch(/none\.yaml: cannot be read: /);
    expect(problemsOf({ file: yaml('a: [1') })[0]).toMatch(/\.yaml: not valid YAML: .*line 1/);
    expect(problemsOf({ file: yaml('- 1') })[0]).toMatch(/expected an object at the top/);
  });

  test('OPS3: environment variables that are unknown or cannot be read', () => {
    expect(problemsOf({ env: { HOUSECOUNT_PORT: '1' } })).toEqual([
      'HOUSECOUNT_PORT: unknown environment variable; did you mean HOUSECOUNT_LISTEN_PORT?',
    ]);
    expect(problemsOf({ env: { HOUSECOUNT_MEDIA_FOO: '1' } })).toEqual([
      'HOUSECOUNT_MEDIA_FOO: unknown environment variable; docs/settings.md has all of them',
    ]);
    expect(problemsOf({ env: { HOUSECOUNT_LISTEN_PORT: '1.5' } })).toEqual([
      'HOUSECOUNT_LISTEN_PORT: expected a whole number, got "1.5"',
    ]);
    expect(problemsOf({ env: { HOUSECOUNT_APPS: '[' } })).toEqual(['HOUSECOUNT_APPS: expected JSON']);
    expect(problemsOf({ env: { HOUSECOUNT_LISTEN_TLS_SELF_SIGNED: '1' } })).toEqual([
      'HOUSECOUNT_LISTEN_TLS_SELF_SIGNED: expected true or false, got "1"',
    ]);
    expect(problemsOf({ env: { HOUSECOUNT_LISTEN_PORT: '', OTHER: 'x', HOUSECOUNT_CONFIG: 'f' } })).toEqual(
      [],
    );
  });

  test('CLI36: variables of the tools, SDKs and examples stop no server', () => {
    const root = join(import.meta.dir, '../../../..');
    const places = [
      'packages/{rtc,rtm,react,webhook}/**/*.{md,ts}',
      'examples/**/*.{md,mjs,html}',
      'README.md',
    ];
    const settings = new Set(Object.keys(environmentKinds).map(variableOf));
    const named = new Set<string>();
    for (const place of places)
      for (const path of new Glob(place).scanSync(root)) {
        if (/node_modules|dist\//.test(path)) continue;
        for (const [name] of readFileSync(join(root, path), 'utf8').matchAll(
          /\bHOUSECOUNT_[A-Z][A-Z_]*[A-Z]\b/g,
        ))
          if (!settings.has(name)) named.add(name);
      }
    expect(named).toContain('HOUSECOUNT_URL');
    const env = Object.fromEntries([...named].map((name) => [name, 'http://127.0.0.1:7080']));
    expect(problemsOf({ env })).toEqual([]);
  });

  test('OPS3: variables that a Kubernetes service named housecount brings are not ours', () => {
    const env = {
      HOUSECOUNT_SERVICE_HOST: '10.0.0.1',
      HOUSECOUNT_SERVICE_PORT_HTTP: '80',
      HOUSECOUNT_PORT: 'tcp://10.0.0.1:80',
      HOUSECOUNT_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(problemsOf({ env })).toEqual([]);
  });

  test('OPS3: no problem shows a secret', () => {
    const secret = 'p4ssw0rd';
    const content = `apps: [{ id: ${app}, certificate: ${secret} }]\ncustomers: [{ id: "${secret}:", secret: [${secret}] }]\nendpoints: [{ app: ${app}, url: "http://${secret}", secret: { a: ${secret} } }]`;
    const problems = problemsOf({ file: yaml(content) });
    expect(problems.length).toBeGreaterThanOrEqual(4);
    expect(problems.join('\n')).not.toContain(secret);
  });
});

describe('how an endpoint is delivered to', () => {
  const endpoint = (fields: string) =>
    `${minimal}endpoints: [{ app: ${app}, url: "https://x.test/", ${fields} }]`;
  const read = (fields: string) => loadConfig({ file: yaml(endpoint(fields)), env: {} }).endpoints[0];

  test('HOOK65: without more its notices are as Agora words them, and tried for three days in every format', () => {
    for (const format of ['agora', 'standard', 'batch'])
      expect(read(`secret: s, format: ${format}`)).toMatchObject({
        retry: 'standard',
        redeliverGivenUp: true,
      });
    expect(read('secret: s, retry: agora, redeliverGivenUp: false')).toMatchObject({
      retry: 'agora',
      redeliverGivenUp: false,
    });
    expect(read('secret: s')).toMatchObject({
      description: '',
      secrets: [{ secret: 's' }],
      channels: [],
      format: 'agora',
      retry: 'standard',
      headers: {},
    });
  });

  test('OPS2: secrets with an end as a time or in milliseconds, channels, gaps in seconds, headers', () => {
    const end = 1_893_456_000_000;
    for (const written of ['"2030-01-01T00:00:00Z"', '2030-01-01T00:00:00Z', '"2030-01-01T01:00+01:00"', end])
      expect(read(`secrets: [{ secret: old, endsMs: ${written} }, { secret: new }]`)?.secrets).toEqual([
        { secret: 'old', endsMs: end },
        { secret: 'new' },
      ]);
    expect(
      read(
        'secret: s, description: Billing, channels: [lobby, "live-*"], retry: [0, 1.5, 60], headers: { X-Key: k }',
      ),
    ).toMatchObject({
      description: 'Billing',
      channels: ['lobby', 'live-*'],
      retry: { gapsMs: [0, 1_500, 60_000] },
      headers: { 'X-Key': 'k' },
    });
    expect(read('secret: s, retry: standard')?.retry).toBe('standard');
    expect(read('secret: s, format: standard')).toMatchObject({ format: 'standard', retry: 'standard' });
  });

  test.each([
    ['no secret', 'description: d', /secret: expected a text/],
    ['both', 'secret: s, secrets: [{ secret: t }]', /secret: expected either/],
    ['secrets that are none', 'secrets: s', /secrets: expected a list/],
    ['a secret that is none', 'secrets: [s]', /secrets\[0\]: expected an object/],
    ['no secrets', 'secrets: []', /secrets: An endpoint has 1 to 2/],
    [
      'an end without a zone',
      'secrets: [{ secret: s, endsMs: "2030-01-01T00:00:00" }]',
      /endsMs: expected epoch.*, got "2030-01-01T00:00:00"$/,
    ],
    ['an end in words', 'secrets: [{ secret: s, endsMs: soon }]', /endsMs: expected epoch.*, got a string$/],
    [
      'a secret in the place of its end',
      'secrets: [{ secret: s, endsMs: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }]',
      /endsMs: expected epoch[^_]*, got a string$/,
    ],
    ['only an ending secret', 'secrets: [{ secret: s, endsMs: 1 }]', /must not end/],
    ['an empty channel', 'secret: s, channels: [""]', /channels\[0\]: expected a channel/],
    [
      'a retry plan in words',
      'secret: s, retry: often',
      /retry: expected "agora", "standard".*, got "often"$/,
    ],
    ['a negative gap', 'secret: s, retry: [-1]', /retry\[0\]: expected seconds.*, got -1$/],
    ['a gap of more than a day', 'secret: s, retry: [86401]', /retry\[0\]: expected seconds/],
    ['too many gaps', `secret: s, retry: [${Array(51).fill(1)}]`, /retry: expected at most 50/],
    ['headers that are none', 'secret: s, headers: [a]', /headers: expected an object/],
    ['a header that is no text', 'secret: s, headers: { a: 1 }', /headers\.a: expected a text/],
    [
      'a header of ours',
      'secret: s, headers: { Agora-Signature: x }',
      /headers: The header Agora-Signature is/,
    ],
    ['a long description', `secret: s, description: ${'d'.repeat(1_001)}`, /description: expected at most/],
  ])('OPS3: endpoint: %s', (_name, fields, expected) => {
    const problems = problemsOf({ file: yaml(endpoint(fields)) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });
});
