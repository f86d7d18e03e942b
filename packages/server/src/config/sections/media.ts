import { isIP } from 'node:net';
import { limits } from '../../limits.ts';
import { child, choice, integer, list, onlyKeys, type Source, text } from '../../settings/reader.ts';
import type { IceServerSetting } from '../../token/ice-servers.ts';
import type { Config } from '../config.ts';
import type { Limits } from '../limit-settings.ts';
import { filled } from './filled.ts';

/** The port of media where the configuration names none. */
const usualPort = 7081;

export function readMedia(
  source: Source,
  room: Pick<Limits, 'mediaSessionsMax'>,
  listen: Pick<Config['listen'], 'port'>,
): Config['media'] {
  onlyKeys(source, ['engine', 'udpPort', 'tcpPort', 'announcedAddress', 'sessionsPerAppMax', 'iceServers']);
  const udp = child(source, 'udpPort');
  const udpPort = integer(udp, { min: 0, max: 65_535, fallback: usualPort });
  const isUsual = udp?.value === undefined && listen.port !== usualPort;
  return {
    engine: choice(child(source, 'engine'), ['embedded'], 'embedded'),
    udpPort,
    // Who names the UDP port has opened that one, and may have another program at its number over TCP: a port that nobody asked for is not taken.
    tcpPort: integer(child(source, 'tcpPort'), { min: 0, max: 65_535, fallback: isUsual ? usualPort : 0 }),
    announcedAddress: text(
      child(source, 'announcedAddress'),
      'an IP address, or auto',
      (address) => address === 'auto' || isIP(address) !== 0,
      'auto',
    ),
    sessionsPerAppMax: integer(child(source, 'sessionsPerAppMax'), {
      min: 1,
      max: room.mediaSessionsMax,
      fallback: Math.min(limits.mediaSessionsPerAppMax, room.mediaSessionsMax),
    }),
    iceServers: list(child(source, 'iceServers'), readIceServer),
  };
}

/** For so long a password that is made for one member is good, milliseconds, if nothing else is said: longer than most shows. */
const lifetimeMs = 6 * 3_600_000;

function readIceServer(source: Source): IceServerSetting {
  onlyKeys(source, ['urls', 'username', 'credential', 'secret', 'lifetimeMs']);
  const [username, credential, secret] = ['username', 'credential', 'secret'].map((key) =>
    child(source, key),
  );
  const urls = text(child(source, 'urls'), 'a stun:, turn: or turns: URL', (url) =>
    /^(stuns?|turns?):./.test(url),
  );
  const given = (key: Source | undefined) => key?.value !== undefined;
  if (!secret || !given(secret))
    return {
      urls,
      ...(username && given(username) && { username: text(username, 'a text', filled) }),
      ...(credential && given(credential) && { credential: text(credential, 'a text', filled) }),
    };
  return {
    urls,
    secret: text(
      secret,
      'a text, without a username and a credential, of a turn: or turns: URL',
      (value) => filled(value) && urls.startsWith('turn') && !given(username) && !given(credential),
    ),
    lifetimeMs: integer(child(source, 'lifetimeMs'), {
      min: 60_000,
      max: 2_592_000_000,
      fallback: lifetimeMs,
    }),
  };
}
