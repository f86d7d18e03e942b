import type { Retention } from '../../src/notify/retention/retention.ts';
import { type ClientOptions, SimClient } from './sim-client.ts';
import { SimClock } from './sim-clock.ts';
import { SimDisk } from './sim-disk.ts';
import { SimKeeper } from './sim-keeper.ts';
import { type Sabotage, SimMachine } from './sim-machine.ts';
import { SimRandom } from './sim-random.ts';
import { SimReceiver } from './sim-receiver.ts';
import { signalingOf } from './sim-signaling.ts';
import { Truth } from './truth.ts';

const noEnd = Number.MAX_SAFE_INTEGER;
/** The retention by seed: in some worlds notices that wait for an outage to end are given away before it does, in some they are set aside. */
const retentions: Record<number, Retention> = {
  0: { ms: 6_000, bytes: noEnd, bytesPerApp: 0, checkMs: 1_000 },
  1: { ms: noEnd, bytes: 8_192, bytesPerApp: noEnd, checkMs: 500 },
  2: { ms: noEnd, bytes: 8_192, bytesPerApp: 8_192, checkMs: 500 },
};

/** Everything there is in one simulated world. The judges see what is in `truth`; the machine does not. */
export interface SimWorld extends SimPeople {
  readonly random: SimRandom;
  readonly clock: SimClock;
  /** The clients' and receivers' own time, which goes on when the machine is down. */
  readonly time: ReturnType<SimClock['process']>;
  readonly truth: Truth;
  readonly disk: SimDisk;
  readonly receivers: readonly SimReceiver[];
  readonly machine: SimMachine;
  /** True when notices that wait for a receiver may be given away before it answers. */
  readonly mayLose: boolean;
}

interface SimPeople {
  readonly channels: readonly string[];
  readonly clients: readonly SimClient[];
  readonly keepers: readonly SimKeeper[];
}

/** A world before anything happened in it, decided by `seed` down to the last draw. */
export function simWorld(seed: number, sabotage: Sabotage): SimWorld {
  const random = new SimRandom(seed);
  const clock = new SimClock();
  const time = clock.process();
  const truth = new Truth();
  const disk = new SimDisk(random.fork());
  const latency = random.fork();
  disk.faults.latencyMs = () => latency.between(0, 4);
  const receivers = Array.from(
    { length: random.between(1, 2) },
    (_, at) => new SimReceiver(`receiver${at}`, time, random.fork(), (seed + at) % 6),
  );
  const retention = retentions[seed % 5];
  const machine = new SimMachine({
    clock,
    disk,
    random: random.fork(),
    truth,
    sabotage,
    endpoints: receivers.map(({ endpoint }) => endpoint),
    ...(retention && { retention }),
    sendOf: (process) => (request) => {
      const receiver = receivers.find(({ endpoint }) => endpoint.url === request.url);
      return receiver ? receiver.sendOf(process)(request) : Promise.reject(new Error(request.url));
    },
  });
  return {
    random,
    clock,
    time,
    truth,
    disk,
    receivers,
    machine,
    mayLose: retention !== undefined && retention.bytesPerApp !== noEnd,
    ...simPeople({ random, time, truth, machine }),
  };
}

/** The people who come and go: in live channels, and in some worlds over signaling too. */
function simPeople({
  random,
  time,
  truth,
  machine,
}: Pick<SimWorld, 'random' | 'time' | 'truth' | 'machine'>): SimPeople {
  const channels = ['lobby', 'stage'].slice(0, random.between(1, 2));
  // Only some worlds have signaling: where something is written all the time, the log's last record says when the server lived.
  const hasSignaling = random.chance(0.5);
  const clients = Array.from({ length: random.between(2, 10) }, (_, at) => {
    const channel = random.pick(channels);
    const page = hasSignaling ? pageOf(random) : {};
    return new SimClient({ machine, time, random: random.fork(), truth, channel, uid: at + 1, ...page });
  });
  // Somebody has a second device, and the two push each other out.
  const [first] = clients;
  if (first && random.chance(0.25)) clients.push(new SimClient({ ...first.options, random: random.fork() }));

  // Some of the same uids subscribe to the signaling channel of the first's name: for the log these are two channels.
  const signaling = signalingOf('lobby');
  const subscribers = Array.from({ length: hasSignaling ? random.between(1, 6) : 0 }, (_, at) => {
    return new SimClient({
      machine,
      time,
      random: random.fork(),
      truth,
      channel: signaling,
      uid: 2 * at + 1,
    });
  });
  const [firstOf] = subscribers;
  if (firstOf && random.chance(0.25))
    subscribers.push(new SimClient({ ...firstOf.options, random: random.fork() }));
  channels.push(signaling);
  clients.push(...subscribers);
  const keepers = (hasSignaling ? ['kay', 'kim'] : []).map((userId) => {
    return new SimKeeper({ machine, time, random: random.fork(), truth, channel: signaling, userId });
  });
  return { channels, clients, keepers };
}

/** Some pages have a user of signaling too, one of those who subscribe or somebody else, and prove it; of some the token says so. */
function pageOf(random: SimRandom): Pick<ClientOptions, 'users' | 'isNamedByToken'> {
  if (random.chance(0.4)) return {};
  const own = random.pick(['1', '3', '5', '7', 'ann', 'bob']);
  // Now and then somebody else logs in on the page.
  const users = random.chance(0.7) ? [own] : [own, random.pick(['2', '3', 'ann', 'cid'])];
  return { users, isNamedByToken: random.chance(0.3) };
}
