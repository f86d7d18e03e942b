import { expect, test } from 'bun:test';
import { serverOfScript as ofSignaling } from '../../rtm/src/settings/settings.ts';
import { serverOfScript } from './settings.ts';

test.each([
  ['https://show.example.com/sdk/AgoraRTC_N.js', 'https://show.example.com'],
  ['https://show.example.com:8443/hc/sdk/AgoraRTC_N.js?v=1', 'https://show.example.com:8443/hc'],
  ['http://127.0.0.1:7080/a/b/sdk/housecount-rtc.js#x', 'http://127.0.0.1:7080/a/b'],
  // Elsewhere, not at a server of ours.
  ['https://download.agora.io/sdk/release/AgoraRTC_N.js', undefined],
  ['https://cdn.example.com/js/AgoraRTC_N.js', undefined],
  ['https://cdn.example.com/x?/sdk/AgoraRTC_N.js', undefined],
  ['', undefined],
])('PROXY10: the server of the script %p is %p', (source, server) => {
  expect(serverOfScript(source)).toBe(server as string);
  expect(
    ofSignaling(source.replace('AgoraRTC_N', 'agora-rtm').replace('housecount-rtc', 'housecount-rtm')),
  ).toBe(server as string);
});
