import type { ChannelEvent, CommunicationEvents } from '@housecount/protocol';
import type { Endpoint, NoticeFormat } from '../endpoint/endpoint.ts';
import { endpointFilter } from '../endpoint/endpoint-filter.ts';
import type { NoticeEvent } from './notice-event.ts';
import { type NoticeText, noticeTexts } from './notice-text.ts';

/** Words events as notices, once for all endpoints, and tells which of them an endpoint takes. */
export class Wording {
  readonly #textIn: (event: NoticeEvent, format: NoticeFormat) => NoticeText;
  readonly #filters = new WeakMap<Endpoint, ReturnType<typeof endpointFilter>>();

  constructor(communicationEventsOf: (app: string) => CommunicationEvents) {
    this.#textIn = noticeTexts(communicationEventsOf);
  }

  textOf(event: NoticeEvent, format: NoticeFormat): NoticeText {
    return this.#textIn(event, format);
  }

  /** Would the endpoint be sent this event? */
  isFor(endpoint: Endpoint, event: ChannelEvent): boolean {
    const filter = this.#filters.get(endpoint) ?? endpointFilter(endpoint);
    this.#filters.set(endpoint, filter);
    return filter(event, this.textOf(event, endpoint.format).eventType);
  }
}
