import { setTimeout as sleep } from 'node:timers/promises';
import { numbers } from '../../arguments.ts';
import { type Bench, figure } from '../../figure.ts';
import { frozen, line, openRelayedRoom, soundConcealed, watchFor } from './relayed-room.ts';

/**
 * A host with a noisy 720p picture, and a viewer whose link loses packets in both directions and is long, in real Chromium through the
 * tests' relay. Arguments: `--loss` in percent, `--rtt` in milliseconds, `--seconds` after the first five.
 */
export const lossy: Bench = {
  summary: 'a viewer on a link with 5 % loss and 100 ms: picture frozen, sound made up',
  async run(args) {
    const options = numbers(args, { loss: 5, rtt: 100, seconds: 30 });
    const way = { delayMs: options.rtt / 2, lossPercent: options.loss };
    const room = await openRelayedRoom();
    try {
      const seat = await room.watch(room.flow({ up: way, down: way }));
      await sleep(5_000);
      const [watched] = await watchFor([seat], options.seconds);
      if (watched === undefined) throw new Error('nobody watched');
      console.log('frames a second / height:');
      console.log(line('lossy', watched));
      const { first, last } = watched;
      console.log(
        `${last.freezes - first.freezes} freezes, ${(last.frozenSeconds - first.frozenSeconds).toFixed(1)} s in all; ` +
          `${last.videoLost - first.videoLost} packets of video and ${last.audioLost - first.audioLost} of sound did not come`,
      );
      return [
        figure('lossy-frozen', frozen(watched), '%', options),
        figure('lossy-sound-concealed', soundConcealed(watched), '%', options),
      ];
    } finally {
      await room.close();
    }
  },
};
