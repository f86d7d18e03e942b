import type { HelloFrame, WelcomeFrame } from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import type { Socket } from '../net/socket/socket.ts';
import type { Histogram, Logger } from '../observe/contract.ts';
import type { OnRefusedLogin } from '../observe/refused-logins.ts';
import { type AwaitedLinks, linkWaitMs } from './awaited-links.ts';
import { type Admission, admit, type HelloNeeds, type HelloRefusal } from './hello.ts';

export interface EntranceNeeds extends HelloNeeds {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** Hears of each hello that was refused. */
  readonly onRefusedLogin?: OnRefusedLogin;
  readonly awaited: Pick<AwaitedLinks, 'add' | 'mayAwait'>;
  /** The first frame of a connection that was admitted. */
  readonly welcomeOf: (admission: Admission) => WelcomeFrame;
  /** From hello to welcome. */
  readonly joinSeconds: Pick<Histogram, 'observe'>;
}

/** Where connections come in, from hello to welcome: decides who may, and tells the operator what came of it. */
export class Entrance {
  readonly #needs: EntranceNeeds;

  constructor(needs: EntranceNeeds) {
    this.#needs = needs;
  }

  /** Decides a hello, as `admit` does. */
  async admit(
    hello: HelloFrame,
    client: Pick<Socket, 'address' | 'isHere'>,
  ): Promise<Admission | HelloRefusal> {
    const admission = await admit(this.#needs, hello, client);
    if (admission.ok) this.#await(admission);
    else
      this.#needs.onRefusedLogin?.({
        over: 'live',
        app: hello.app,
        channel: hello.channel,
        user: hello.account ?? hello.uid,
        address: client.address,
        code: admission.code,
      });
    return admission;
  }

  /** Nobody is told of the member over signaling before it is known who it is, or this time is over. */
  #await({ app, channel, member }: Admission): void {
    if (!member.linkAwaited) return;
    const { account, uid, connectionId } = member;
    this.#needs.awaited.add(
      { app: app.id, channel: channel.key.name, account, uid, connectionId },
      linkWaitMs(app),
    );
  }

  /** The welcome, as things are now; undefined if a reload took the app out while the log decided. */
  welcome(admission: Admission): WelcomeFrame | undefined {
    const { apps, logger, welcomeOf } = this.#needs;
    const { app, channel, grant } = admission;
    if (grant.hint !== undefined)
      logger.warn(`a token will not last as meant: ${grant.hint}`, {
        app: app.id,
        channel: channel.key.name,
      });
    return apps.get(app.id) && welcomeOf(admission);
  }

  /** Somebody was welcomed whose hello came at `helloMs`, by the clock that only runs. */
  welcomed(helloMs: number): void {
    const { clock, joinSeconds } = this.#needs;
    joinSeconds.observe((clock.steadyMs() - helloMs) / 1_000);
  }
}
