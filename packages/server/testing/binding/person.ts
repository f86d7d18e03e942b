import type { SimRandom } from '../../test/simulation/sim-random.ts';
import { type Identity, type Place, RtcLink, RtmLink, type Step } from './links.ts';

type States = Readonly<Record<string, string>>;

/** The part of somebody that presence shows under one user id: the server's states go over those of their own. */
export interface Shown {
  readonly userId: string;
  readonly states: States;
}

/** Somebody who may be in the live channel, subscribe to its signaling channel, or both; and what is true of them. */
export class Person {
  /** The id of the user that subscribes. */
  readonly userId: string;
  /** The name of the member of the live channel: the same, but of those who have an id for each. */
  readonly memberId: string;
  readonly rtc: RtcLink;
  readonly rtm: RtmLink;
  /** Another member of the same page, its shared screen; of those who have an id for each. */
  readonly screen: RtcLink | undefined;
  readonly screenId: string | undefined;

  /** `user`: they have an id for each half, and their page links them. */
  constructor(
    place: Place,
    identity: Identity,
    user?: { readonly userId: string; readonly screenUid: number },
  ) {
    this.memberId = 'uid' in identity ? String(identity.uid) : identity.account;
    this.userId = user?.userId ?? this.memberId;
    this.rtm = new RtmLink(place, this.userId);
    const prove = user && this.rtm.prove;
    this.rtc = new RtcLink(place, identity, prove);
    this.screen = user && new RtcLink(place, { uid: user.screenUid }, prove);
    this.screenId = user && String(user.screenUid);
  }

  /** It has dropped a link. */
  get isAdrift(): boolean {
    return this.rtc.isAdrift || this.rtm.isAdrift || this.screen?.isAdrift === true;
  }

  get isAnywhere(): boolean {
    return this.rtc.isThere || this.screen?.isThere === true || this.rtm.subscribed !== 'no';
  }

  /** Its members that are there, with their names, in order of arrival. */
  get members(): readonly { readonly name: string; readonly rtc: RtcLink }[] {
    const all = [{ name: this.memberId, rtc: this.rtc }];
    if (this.screen && this.screenId !== undefined) all.push({ name: this.screenId, rtc: this.screen });
    return all.filter(({ rtc }) => rtc.isThere).sort((one, other) => one.rtc.arrival - other.rtc.arrival);
  }

  /** What presence shows of it: once, however many links it has; and members that are not linked each for itself. `uidOf` finds the uid of a member. */
  shown(uidOf: (name: string) => string): readonly Shown[] {
    const isPart = (member: { name: string; rtc: RtcLink }) =>
      member.rtc.isLinked || member.name === this.userId;
    const theirs = this.members.filter(isPart);
    const alone = this.members.filter((member) => !isPart(member));
    const uids = theirs.map(({ name }) => uidOf(name));
    const role = theirs.some(({ rtc }) => rtc.role === 'broadcaster') ? 'broadcaster' : 'audience';
    const [uid] = uids;
    const bound = uid === undefined ? {} : { role, uid, ...(uids.length > 1 && { uids: uids.join(',') }) };
    const isUserShown = theirs.length > 0 || this.rtm.subscribed === 'openly';
    return [
      ...(isUserShown ? [{ userId: this.userId, states: { ...this.rtm.states, ...bound } }] : []),
      ...alone.map(({ name, rtc }) => ({ userId: name, states: { role: rtc.role, uid: uidOf(name) } })),
    ];
  }

  /** The user ids under which it may be shown. */
  get names(): readonly string[] {
    return [
      ...new Set([this.userId, this.memberId, ...(this.screenId === undefined ? [] : [this.screenId])]),
    ];
  }

  steps(random: SimRandom): readonly Step[] {
    const screen = this.screen?.steps(random) ?? [];
    return [
      ...this.rtc.steps(random),
      ...this.rtm.steps(random),
      ...screen.map((step) => ({ ...step, name: `the screen: ${step.name}` })),
    ];
  }

  /** A rule about one of its names has put it out of both channels: that half, and all that are one person with it. */
  isKicked(name: string): void {
    const members = [this.rtc, ...(this.screen ? [this.screen] : [])];
    const named = members.find((_, at) => [this.memberId, this.screenId][at] === name);
    const isWhole = name === this.userId || named?.isLinked === true;
    for (const rtc of members) if (rtc === named || (isWhole && rtc.isLinked)) rtc.isGone();
    if (!isWhole) return;
    if (this.rtm.isAdrift) this.rtm.isGone();
    else this.rtm.isOut();
  }

  close(): void {
    this.rtc.close();
    this.screen?.close();
    this.rtm.close();
  }
}
