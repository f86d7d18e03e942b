import { liveKey } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Logger } from '../observe/contract.ts';
import type { Membership } from './membership.ts';

export interface LinkNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

type Link = Membership['link'];

/**
 * Tells the log that nothing is heard of a connection, or something is again. A fact that it did not take is taken back here, so
 * that the next look, or frame, tells it anew.
 */
export class LinkFacts {
  readonly #needs: LinkNeeds;

  constructor(needs: LinkNeeds) {
    this.#needs = needs;
  }

  /** Nothing was heard of it since `heardMs`, by the clock that only runs. */
  silent(member: Membership, heardMs: number): void {
    const { log, clock } = this.#needs;
    const { app, channel, connectionId, attachment } = member;
    const silentMs = clock.steadyMs() - heardMs;
    member.link = 'silent';
    const command = { type: 'silent', connectionId, attachment, silentMs, evidence: 'silence' } as const;
    this.#submit(log.submit(liveKey(app.id, channel), command), member, { from: 'live', to: 'silent' });
  }

  heard(member: Membership): void {
    const { app, channel, connectionId, attachment } = member;
    member.link = 'live';
    const command = { type: 'heard', connectionId, attachment } as const;
    this.#submit(this.#needs.log.submit(liveKey(app.id, channel), command), member, {
      from: 'silent',
      to: 'live',
    });
  }

  #submit(
    submitted: ReturnType<Commands['submit']>,
    member: Membership,
    { from, to }: { readonly from: Link; readonly to: Link },
  ): void {
    const goBack = () => {
      if (member.link === to) member.link = from;
    };
    submitted.then(
      (outcome) => {
        // not_joined: the leave is on its way here.
        if (!outcome.ok && outcome.code !== 'not_joined') goBack();
      },
      (cause: unknown) => {
        this.#needs.logger.warn('silence of a connection could not be logged; trying again', {
          connectionId: member.connectionId,
          cause: String(cause),
        });
        goBack();
      },
    );
  }
}
