// The driver in plain Node: settings as the first argument, a call per line on stdin, its answer per line on stdout.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { drive } from './rtm-driver.mjs';

const { sdk, ...settings } = JSON.parse(process.argv[2]);
const { default: AgoraRTM } = await import(pathToFileURL(sdk).href);
const driver = drive(AgoraRTM, settings);
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, path, args } = JSON.parse(line);
  const answer = path === 'told' ? { ok: driver.told() } : await driver.call(path, args);
  process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`);
});
