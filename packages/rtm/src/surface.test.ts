import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { Emitter } from './events/emitter.ts';
import AgoraRTM, * as named from './index.ts';
import { serverUrls } from './settings/settings.ts';
import { FakeWorld, thrown } from './testing/fake-server.ts';

const app = 'a'.repeat(32);
let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.restore());

test('RTM1: the default export and the named ones are those of the API', () => {
  expect(Object.keys(AgoraRTM).sort()).toEqual(
    [
      'BUILD',
      'RTM',
      'RTMBaseError',
      'VERSION',
      'constantsType',
      'getParameter',
      'setArea',
      'setParameter',
    ].sort(),
  );
  expect(Object.keys(named).sort()).toEqual([
    'BUILD',
    'ConstantsType',
    'RTM',
    'RTMBaseError',
    'RTMClient',
    'RTMEvents',
    'RTMHistory',
    'RTMLock',
    'RTMPresence',
    'RTMStorage',
    'RTMStreamChannel',
    'RTMStreamChannelStatusCode',
    'VERSION',
    'constantsType',
    'default',
    'getParameter',
    'setArea',
    'setParameter',
  ]);
  // `import { RTM }` and `import *` give what the default export has.
  for (const key of Object.keys(AgoraRTM) as (keyof typeof AgoraRTM)[])
    expect<unknown>(named[key]).toBe(AgoraRTM[key]);
  expect(AgoraRTM.VERSION).toBe('2.3.0');
  expect(AgoraRTM.RTM).toBe(named.RTMClient);
  for (const name of ['RTMHistory', 'RTMLock', 'RTMPresence', 'RTMStorage', 'RTMStreamChannel'] as const)
    expect(typeof named[name]).toBe('function');
  expect(named.RTMStreamChannelStatusCode.SubscribeTopicErrorCode.ALREADY_SUBSCRIBED_USER).toBe(20001);
  const client = new AgoraRTM.RTM(app, 'ann');
  expect(client.presence).toBeInstanceOf(named.RTMPresence);
  expect(client.storage).toBeInstanceOf(named.RTMStorage);
  expect(client.lock).toBeInstanceOf(named.RTMLock);
  expect(client.history).toBeInstanceOf(named.RTMHistory);
  expect(client.createStreamChannel('x')).toBeInstanceOf(named.RTMStreamChannel);
});

test('RTM1: constants have the names, numbers and texts of the API', () => {
  const { constantsType } = AgoraRTM;
  expect(Object.keys(constantsType).sort()).toEqual([
    'AreaCode',
    'ChannelTypeEnum',
    'LegacyAreaCode',
    'LinkStateChangeReason4Report',
    'LinkStateChangeReasonDescription',
    'MessageType',
    'TokenEventReason',
    'subscribedState',
  ]);
  expect(constantsType.ChannelTypeEnum.USER).toBe(3);
  expect(constantsType.LinkStateChangeReason4Report.LOGIN_TOO_FREQUENT).toBe(37);
  expect(constantsType.LinkStateChangeReason4Report[27]).toBe('SAME_UID_LOGIN');
  expect(Object.keys(constantsType.LinkStateChangeReasonDescription)).toHaveLength(38);
});

test('RTM2: parameters are kept whatever their name; an area that is none throws with code 0', () => {
  AgoraRTM.setParameter('of-no-effect', 3);
  expect(AgoraRTM.getParameter('of-no-effect')).toBe(3);
  expect(AgoraRTM.getParameter('never-set')).toBeUndefined();
  AgoraRTM.setArea({ areaCodes: ['EUROPE'], excludedArea: 'CHINA' });
  const moon = 'MOON' as 'ASIA';
  for (const options of [{ areaCodes: [moon] }, { areaCodes: ['ASIA' as const], excludedArea: moon }])
    expect(thrown(() => AgoraRTM.setArea(options))).toMatchObject({ errorCode: 0, operation: 'setArea' });
});

test('RTM3: the server is the one of the parameter, else of the page, else of the environment', () => {
  const none = thrown(() => serverUrls());
  expect(none).toBeInstanceOf(RangeError);
  process.env.HOUSECOUNT_URL = 'http://env.test';
  globalThis.__HOUSECOUNT__ = { url: 'wss://page.test:1/base/' };
  try {
    expect(serverUrls()).toEqual(['https://page.test:1/base']);
    AgoraRTM.setParameter('HOUSECOUNT_URL', 'http://set.test/');
    expect(serverUrls()).toEqual(['http://set.test']);
    expect(serverUrls(['a.test', '127.0.0.1:7080', 'http://b.test:8080'])).toEqual([
      'https://a.test',
      'http://127.0.0.1:7080',
      'http://b.test:8080',
    ]);
    AgoraRTM.setParameter('HOUSECOUNT_URL', undefined);
    globalThis.__HOUSECOUNT__ = undefined;
    expect(serverUrls()).toEqual(['http://env.test']);
    AgoraRTM.setParameter('HOUSECOUNT_URL', 'ftp://set.test');
    expect(thrown(() => serverUrls())).toBeInstanceOf(RangeError);
  } finally {
    globalThis.__HOUSECOUNT__ = undefined;
    AgoraRTM.setParameter('HOUSECOUNT_URL', undefined);
    delete process.env.HOUSECOUNT_URL;
  }
});

test('RTM3: a page without an origin of its own, as one from a file, is no server', () => {
  const pageFrom = (origin: string): void => void Object.assign(globalThis, { location: { origin } });
  try {
    pageFrom('https://shop.test');
    expect(serverUrls()).toEqual(['https://shop.test']);
    for (const origin of ['null', 'file://', 'capacitor://localhost', 'chrome-extension://abc']) {
      pageFrom(origin);
      expect(thrown(() => serverUrls())).toMatchObject({
        name: 'RangeError',
        message: expect.stringContaining('HOUSECOUNT_URL'),
      });
    }
  } finally {
    Reflect.deleteProperty(globalThis, 'location');
  }
});

test('RTM4: the arguments of the constructor are checked, with the codes of the API', () => {
  const code = (...args: unknown[]): unknown => {
    const { errorCode, operation } = thrown(
      () => new AgoraRTM.RTM(...(args as ConstructorParameters<typeof AgoraRTM.RTM>)),
    );
    return operation === 'initRTM' ? errorCode : operation;
  };
  for (const bad of ['', 'short', `${app}a`, 7, null, undefined, 'ä'.repeat(32)])
    expect(code(bad, 'u')).toBe(-10003);
  for (const bad of ['', 7, null, undefined, '_u', 'a.b', 'a/b', 'ä', 'u'.repeat(65)])
    expect(code(app, bad)).toBe(-10006);
  for (const good of ['u', 'u'.repeat(64), 'null', ' a b', 'A-z_9@(x)'])
    expect(code(app, good)).toBeUndefined();
  expect(code(app, 'ann', { useStringUserId: false })).toBe(-10006);
  expect(code(app, '42', { useStringUserId: false })).toBeUndefined();
  expect(code(app, 'u', { encryptionMode: 'AES_128_GCM' })).toBe(-10020);
  const salt = new Uint8Array(33);
  expect(code(app, 'u', { encryptionMode: 'AES_256_GCM', cipherKey: 'k', salt })).toBe(-10020);
  expect(code(app, 'u', { encryptionMode: 'AES_256_GCM', cipherKey: 'k' })).toBeUndefined();
  // A mode that the SDK does not support is refused: messages would go in the clear.
  expect(code(app, 'u', { encryptionMode: 'AES_256_CBC', cipherKey: 'k' })).toBe(-10020);
  expect(code(app, 'u', { privateConfig: {} })).toBeUndefined();
  for (const empty of [
    { serviceType: [], accessPointHosts: [] },
    { serviceType: ['MESSAGE'], accessPointHosts: [] },
    { serviceType: [], accessPointHosts: ['server.test'] },
  ])
    expect(code(app, 'u', { privateConfig: empty })).toBeUndefined();
  expect(code(app, 'u', { encryptionMode: '', cipherKey: '', salt: new Uint8Array() })).toBeUndefined();
  expect(code(app, 'u', { token: 7 })).toBe(-10005);
  for (const bad of [
    { serviceType: ['X'], accessPointHosts: ['h'] },
    { serviceType: ['MESSAGE'] },
    { serviceType: ['MESSAGE'], accessPointHosts: 'h' },
  ])
    expect(code(app, 'u', { privateConfig: bad })).toBe(-10024);
  expect(code(app, 'u', { unknown: true, logLevel: 'loud', presenceTimeout: 'x' })).toBeUndefined();
  expect(code(app, 'u', null)).toBeUndefined();
});

test('RTM5: a second instance is allowed, and refused where the settings ask for that, until the first logs out', async () => {
  // Whoever was made in an earlier run may still be alive.
  const user = `user-${crypto.randomUUID()}`;
  const first = new AgoraRTM.RTM(app, user);
  const second = new AgoraRTM.RTM(app, user);
  const strict = { strictSingleInstance: true };
  const code = (userId: string): unknown => thrown(() => new AgoraRTM.RTM(app, userId, strict)).errorCode;
  expect(code(user)).toBe(-10027);
  expect(code(`${user}-other`)).toBeUndefined();
  await second.logout();
  expect(code(user)).toBe(-10027);
  expect(await first.logout()).toEqual({ timestamp: 0 });
  expect(code(user)).toBeUndefined();
});

test('RTM6: errors have the fields, the message and the names of the API', () => {
  const { RTMBaseError } = AgoraRTM;
  expect<object>({ ...new RTMBaseError('op', 'text', -10008) }).toEqual({
    error: true,
    reason: 'text.',
    operation: 'op',
    errorCode: -10008,
    code: -10008,
    serverCode: undefined,
    originalError: undefined,
  });
  expect(new RTMBaseError('op', 'text.', -10008).message).toBe('Error Code -10008 - text.');
  expect(new RTMBaseError('op', ['a %s c', 'b', 'd'] as const).message).toBe('a b c d.');
  const full = new RTMBaseError('op', 'text', { code: -5, serverCode: 7 });
  expect(full.message).toBe('Error Code -5, server Code 7 - text.');
  expect(full).toBeInstanceOf(Error);
  expect(new RTMBaseError('op', 'text', 'Named')).toMatchObject({
    name: 'Named',
    errorCode: 0,
    message: 'text.',
  });
  expect(new RTMBaseError('op')).toMatchObject({ reason: '', message: '', name: 'Error' });
  expect(thrown(() => new AgoraRTM.RTM(app, '')).name).toBe('RtmInvalidArgumentError');
  expect(thrown(() => new AgoraRTM.RTM('', 'u')).name).toBe('RtmUnavailableError');
});

test("RTM7: listeners are Node's: on, once, off, emit, and the rest", () => {
  const failed: unknown[] = [];
  const emitter = new Emitter<{ message: (text: string) => void }>((event, error) =>
    failed.push([event, error]),
  );
  const heard: string[] = [];
  const one = (text: string): void => void heard.push(`one ${text}`);
  expect(emitter.on('message', one) === emitter).toBe(true);
  emitter.once('message', (text) => heard.push(`two ${text}`));
  emitter.prependListener('message', (text: string) => heard.push(`zero ${text}`));
  expect(emitter.emit('message', 'a')).toBe(true);
  expect(heard.splice(0)).toEqual(['zero a', 'one a', 'two a']);
  expect(emitter.listenerCount('message')).toBe(2);
  emitter.addListener('message', one).removeListener('message', one).off('message', one);
  emitter.emit('message', 'b');
  expect(heard.splice(0)).toEqual(['zero b']);
  expect(emitter.eventNames()).toEqual(['message']);
  emitter.removeAllListeners();
  expect(emitter.emit('message', 'c')).toBe(false);
  expect(() => emitter.on('message', 7 as never)).toThrow(TypeError);
  emitter.on('anything', () => {
    throw new Error('mine');
  });
  emitter.on('anything', () => heard.push('still'));
  emitter.emit('anything');
  expect(heard).toEqual(['still']);
  expect(failed).toEqual([['anything', new Error('mine')]]);
});

test('RTM7: a listener given to once and to on as well goes on listening', () => {
  const emitter = new Emitter<object>(() => undefined);
  const heard: string[] = [];
  const both = (text: string): void => void heard.push(text);
  emitter.once('message', both).on('message', both);
  for (const text of ['a', 'b', 'c']) emitter.emit('message', text);
  expect(heard.splice(0)).toEqual(['a', 'a', 'b', 'c']);
  emitter.removeAllListeners();

  // A `once` listener is called once, also where a listener before it emits the same event.
  emitter.once('message', () => emitter.emit('message', 'again')).once('message', both);
  emitter.emit('message', 'first');
  expect(heard).toEqual(['again']);
  expect(emitter.listenerCount('message')).toBe(0);
});

test('RTM8: the log writes what is at its level or above', () => {
  const spy = spyOn(console, 'info').mockImplementation(() => undefined);
  try {
    new AgoraRTM.RTM(app, 'u', { logLevel: 'none', privateConfig: undefined }).login().catch(() => undefined);
    expect(spy).not.toHaveBeenCalled();
    new AgoraRTM.RTM(app, 'u', { logLevel: 'info' }).login().catch(() => undefined);
    expect(spy).toHaveBeenCalled();
  } finally {
    spy.mockRestore();
  }
});
