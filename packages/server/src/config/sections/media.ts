import { isIP } from 'node:net';
import { limits } from '../../limits.ts';
import { child, choice, integer, list, onlyKeys, type Source, text } from '../../settings/reader.ts';
import type { Config } from '../config.ts';
import type { Limits } from '../limit-settings.ts';
import { filled } from './filled.ts';

export function readMedia(
  source: Source,
  room: Pick<Limits, 'mediaSessionsMax'>,
  listen: Pick<Config['listen'], 'port'>,
): Config['media'] {
  onlyKeys(source, ['engine', 'udpPort', 'tcpPort', 'announcedAddress', 'sessionsPerAppMax', 'iceServers']);
  const udpPort = integer(child(source, 'udpPort'), { min: 0, max: 65_535, fallback: 7081 });
  return {
    engine: choice(child(source, 'engine'), ['embedded'], 'embedded'),
    udpPort,
    // Where HTTP has the UDP port's number already there is none, as there was none before it could be set.
    tcpPort: integer(child(source, 'tcpPort'), {
      min: 0,
      max: 65_535,
      fallback: udpPort === listen.port ? 0 : udpPort,
    }),
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
    iceServers: list(child(source, 'iceServers'), (item) => {
      onlyKeys(item, ['urls', 'username', 'credential']);
      const username = child(item, 'username');
      const credential = child(item, 'credential');
      return {
        urls: text(child(item, 'urls'), 'a stun:, turn: or turns: URL', (url) =>
          /^(stuns?|turns?):./.test(url),
        ),
        ...(username.value !== undefined && { username: text(username, 'a text', filled) }),
        ...(credential.value !== undefined && { credential: text(credential, 'a text', filled) }),
      };
    }),
  };
}
