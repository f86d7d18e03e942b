import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { asCurl } from './as-curl.ts';

test('DEMO8: the command gives curl the same address, headers and bytes, whatever they hold', () => {
  const headers = { 'Content-Type': 'application/json', 'Agora-Signature-V2': 'a\'b"c$HOME`id`' };
  const body = '{"account":"D\'Arcy $(id) \\\\ \\"x\\" ✓\\n"}\n';
  const url = "http://127.0.0.1:1/a?b=c&d='e'";
  const command = asCurl({ url, headers, body }).replace(/^curl/, "printf '%s\\0'");
  const { stdout, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout.split('\0').slice(0, -1)).toEqual([
    '-X',
    'POST',
    url,
    '-H',
    'Content-Type: application/json',
    '-H',
    `Agora-Signature-V2: ${headers['Agora-Signature-V2']}`,
    '--data-raw',
    body,
  ]);
});
