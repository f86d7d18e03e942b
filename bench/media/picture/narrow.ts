import { setTimeout as sleep } from 'node:timers/promises';
import { numbers } from '../../arguments.ts';
import { type Bench, figure } from '../../figure.ts';
import { line, meanFps, openRelayedRoom, shareOfSeconds, soundLost, watchFor } from './relayed-room.ts';

/**
 * A host with a noisy 720p picture, a viewer with a narrow link, and beside it one with a wide link, in real Chromium through the
 * tests' relay. Each link has a queue of 200 ms, dropped at its end, and 20 ms each way. Arguments: `--narrow` and `--wide` in kilobits per
 * second, `--seconds` after the first five, in which a viewer may find out what it has.
 */
export const narrow: Bench = {
  summary: 'a viewer on 500 kbit/s of a 720p host, beside one on 4 Mbit/s: frames, sound, size',
  async run(args) {
    const options = numbers(args, { narrow: 500, wide: 4_000, seconds: 30 });
    const link = (kilobits: number) => ({
      up: { delayMs: 20 },
      down: { kilobits, queueMs: 200, delayMs: 20 },
    });
    const room = await openRelayedRoom();
    try {
      const seats = await Promise.all([
        room.watch(room.flow(link(options.narrow))),
        room.watch(room.flow(link(options.wide))),
      ]);
      await sleep(5_000);
      const [small, large] = await watchFor(seats, options.seconds);
      const [narrowSeat] = seats;
      if (small === undefined || large === undefined) throw new Error('nobody watched');
      console.log('frames a second / height:');
      console.log(line('narrow', small));
      console.log(line('wide', large));
      const { arrived, overflowed } = narrowSeat.flow.counts().down;
      console.log(`to the narrow one: ${arrived.packets} packets sent, ${overflowed} had no room`);
      return [
        figure('narrow-fps', meanFps(small), '1/s', options),
        figure('narrow-sound-lost', soundLost(small), '%', options),
        figure('wide-720p-share', shareOfSeconds(large, 720), '%', options),
      ];
    } finally {
      await room.close();
    }
  },
};
