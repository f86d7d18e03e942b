/**
 * The media child process. It lives as long as the server that started it: when the IPC channel ends it exits, whatever
 * became of the server. A bug ends it too, and the server starts another.
 */

import { systemClock } from '../../clock.ts';
import { portTrouble } from './ice/port-trouble.ts';
import type { FromChild, ToChild } from './messages.ts';
import { Sfu } from './sfu.ts';
import { holdPort, nativeWarnings } from './streams/peer.ts';

const send = (message: FromChild): void => {
  // What ends with the server has nobody to be told to.
  if (process.connected) process.send?.(message);
};

let sfu: Sfu | undefined;
const parent = process.ppid;

process.on('disconnect', () => {
  const stopped = sfu?.stop() ?? Promise.resolve();
  void stopped.finally(() => process.exit(0));
});
// A parent killed outright may leave the channel half open on some systems; its place in the process tree does not lie.
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 1_000);
// A terminal's interrupt goes to the whole group: the server says when to end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// A reload concerns the server alone.
process.on('SIGHUP', () => undefined);

nativeWarnings((message) => send({ type: 'warning', message }));

process.on('message', (message: ToChild) => {
  void handle(message);
});

function processFigures(): { cpuSeconds: number; residentBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}

async function handle(message: ToChild): Promise<void> {
  if (message.type === 'start') {
    const { options } = message;
    try {
      holdPort(options.udpPort, options.bindAddress);
    } catch {
      return send({ type: 'failed', detail: await portTrouble(options.udpPort, options.bindAddress) });
    }
    const made = new Sfu(options, systemClock(), (report) => send({ type: 'report', report }));
    sfu = made;
    try {
      return send({ type: 'listening', ...(await made.listen()) });
    } catch {
      return send({ type: 'failed', detail: await portTrouble(0, options.bindAddress) });
    }
  }
  if (sfu === undefined) throw new Error(`${message.type} came before start`);
  switch (message.type) {
    case 'publish':
      return send({ type: 'answer', id: message.id, answer: await sfu.publish(message.request) });
    case 'play':
      return send({ type: 'answer', id: message.id, answer: await sfu.play(message.request) });
    case 'restart':
      return send({
        type: 'answer',
        id: message.id,
        answer: await sfu.restart(message.session, message.offerSdp),
      });
    case 'stats':
      return send({ type: 'stats', id: message.id, stats: { ...sfu.stats(), ...processFigures() } });
    case 'select':
      return sfu.select(message.session, message.selection);
    case 'move':
      return sfu.move(message.session, message.publisher);
    case 'keyframe':
      return sfu.requestKeyframe(message.room, message.publisher);
    case 'close':
      return sfu.close(message.session);
  }
}
