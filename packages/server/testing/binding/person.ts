import type { SimRandom } from '../../test/simulation/sim-random.ts';
import { type Identity, type Place, RtcLink, RtmLink, type Step } from './links.ts';

/** Somebody who may be in the live channel, subscribe to its signaling channel, or both; and what is true of them. */
export class Person {
  readonly userId: string;
  readonly rtc: RtcLink;
  readonly rtm: RtmLink;

  constructor(place: Place, identity: Identity) {
    this.userId = 'uid' in identity ? String(identity.uid) : identity.account;
    this.rtc = new RtcLink(place, identity);
    this.rtm = new RtmLink(place, this.userId);
  }

  /** It has dropped a link. */
  get isAdrift(): boolean {
    return this.rtc.isAdrift || this.rtm.isAdrift;
  }

  /** Presence shows it: once, however many links it has. */
  get isShown(): boolean {
    return this.rtc.isThere || this.rtm.subscribed === 'openly';
  }

  get isAnywhere(): boolean {
    return this.rtc.isThere || this.rtm.subscribed !== 'no';
  }

  steps(random: SimRandom): readonly Step[] {
    return [...this.rtc.steps(random), ...this.rtm.steps(random)];
  }

  /** A rule has put it out of both channels. */
  isKicked(): void {
    this.rtc.isGone();
    if (this.rtm.isAdrift) this.rtm.isGone();
    else this.rtm.isOut();
  }

  close(): void {
    this.rtc.close();
    this.rtm.close();
  }
}
