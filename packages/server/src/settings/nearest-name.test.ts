import { expect, test } from 'bun:test';
import { nearestName } from './nearest-name.ts';

const known = ['HOUSECOUNT_LISTEN_PORT', 'HOUSECOUNT_LISTEN_HOST', 'HOUSECOUNT_APPS', 'HOUSECOUNT_DATA_DIR'];

test.each([
  ['HOUSECOUNT_LISTEN_PROT', 'HOUSECOUNT_LISTEN_PORT'],
  ['HOUSECOUNT_APP', 'HOUSECOUNT_APPS'],
  ['housecount_datadir', 'HOUSECOUNT_DATA_DIR'],
  ['HOUSECOUNT_SOMETHING_ELSE', undefined],
  ['x'.repeat(100_000), undefined],
])('CLI36: %.40s is near to %s', (given, expected) => {
  expect(nearestName(given, known)).toBe(expected);
});

test('CLI36: the last words of a name are enough, a short name is near to nothing', () => {
  expect(nearestName('PORT', ['LISTEN_PORT', 'MEDIA_UDP_PORT'])).toBe('LISTEN_PORT');
  expect(nearestName('udp.port', ['MEDIA_UDP_PORT'])).toBe('MEDIA_UDP_PORT');
  expect(nearestName('ab', ['cd', 'xy'])).toBeUndefined();
  expect(nearestName('isten', ['listen', 'limits'])).toBe('listen');
});
