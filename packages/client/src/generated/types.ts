// Made of the schemas by `npm run schema`: change those, in packages/schema.

/** What each operation takes (`given`, and `body`) and answers; of a stream, one item of it. */
export interface Operations {
  /** This document. */
  readonly getOpenApi: {
    readonly given: {};
    readonly answer: Readonly<Record<string, unknown>>;
  };
  /** Whether this caller needs a login. */
  readonly getSession: {
    readonly given: {};
    readonly answer: Session;
  };
  /** The apps of the customer. */
  readonly listApps: {
    readonly given: {};
    readonly answer: AppList;
  };
  /** The open channels of an app. */
  readonly listChannels: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channels in one page. */
      readonly limit?: number;
      /** The `next` of the page before, with the same `sort` and `q`. */
      readonly after?: string;
      /** Only channels whose name has this in it, in capitals or not. */
      readonly q?: string;
      /** `audience`: the largest audience first, then by name. */
      readonly sort?: 'name' | 'audience';
    };
    readonly answer: ChannelList;
  };
  /** Who is in a channel. */
  readonly getRoster: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Members in one page. */
      readonly limit?: number;
      /** `next.after` of the page before. */
      readonly after?: number;
      /** `next.at` of the page before: all pages of one listing are of the same moment. */
      readonly at?: string;
    };
    readonly answer: Roster;
  };
  /** What happened in one life of a channel. */
  readonly listEvents: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** A life of the channel; without it, the present or last one. */
      readonly sid?: string;
      /** Events with a greater seq are answered. */
      readonly after?: number;
      /** Events in one answer. */
      readonly limit?: number;
    };
    readonly answer: EventPage;
  };
  /** The lives of a channel. */
  readonly listSids: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Lives in one page. */
      readonly limit?: number;
      /** The `next` of the page before. */
      readonly before?: number;
    };
    readonly answer: LifeList;
  };
  /** What happened in all channels of an app, for receivers that cannot be reached. */
  readonly pullEvents: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** The `cursor` of the answer before or of a snapshot; `start` (the default): the oldest event kept; `now`: from now on. */
      readonly cursor?: string;
      /** Instead of `cursor`: begin with what happened at or after this time, epoch milliseconds. Refused `no_longer_kept` if some of that was deleted. */
      readonly since?: number;
      /** Events in one answer. */
      readonly limit?: number;
      /** If there is nothing new, wait this long for it, seconds. */
      readonly wait?: number;
    };
    readonly answer: PulledEvents;
  };
  /** Who is in every channel of an app, at a cursor. */
  readonly getSnapshot: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
    };
    readonly answer: SnapshotLine;
  };
  /** The notices of an app, as a stream. */
  readonly followNotices: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Notices of events after this log position; 0: all that the log still holds. Without it, from now on. Last-Event-ID goes before it. */
      readonly after?: number;
    };
    readonly answer: Notice;
  };
  /** Every attempt to deliver a notice of an app, as a stream. */
  readonly followAttempts: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Attempts with a greater id. Last-Event-ID goes before it. */
      readonly after?: number;
    };
    readonly answer: Attempt;
  };
  /** Where the notices of an app go, and how that stands. */
  readonly listEndpoints: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
    };
    readonly answer: EndpointList;
  };
  /** Make an endpoint: a place where notices of an app go. */
  readonly createEndpoint: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
    };
    readonly body: NewEndpoint;
    readonly answer: EndpointSecretShown;
  };
  /** Where notices of an app go, and how that stands. */
  readonly getEndpoint: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly id: string;
    };
    readonly answer: Endpoint;
  };
  /** Change settings of an endpoint. */
  readonly changeEndpoint: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly id: string;
    };
    readonly body: EndpointChange;
    readonly answer: Endpoint;
  };
  /** Delete an endpoint, and what waits for it. */
  readonly deleteEndpoint: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly id: string;
    };
    readonly answer: {
      readonly deleted: string;
    };
  };
  /** Send a test notice of each type the endpoint takes. */
  readonly testEndpoint: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly id: string;
    };
    readonly answer: TestReport;
  };
  /** Test an endpoint and, if it passes, begin to deliver. */
  readonly enableEndpoint: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly id: string;
    };
    readonly answer: EnabledEndpoint;
  };
  /** Stop delivering for now: notices wait. */
  readonly pauseEndpoint: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly id: string;
    };
    readonly answer: Endpoint;
  };
  /** Go on delivering where the endpoint was. */
  readonly resumeEndpoint: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly id: string;
    };
    readonly answer: Endpoint;
  };
  /** Give an endpoint another signing secret. */
  readonly rotateEndpointSecret: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly id: string;
    };
    readonly body?: {
      /** Signs the notices. */
      readonly secret?: string | null;
      /** How long the secret before signs on; a day if absent. */
      readonly overlapMs?: number | null;
    } | null;
    readonly answer: EndpointSecretShown;
  };
  /** Notices that an endpoint did not take. */
  readonly listGivenUp: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id; may be left out if the app has one endpoint. */
      readonly endpoint?: string;
      /** The `next` of the page before. */
      readonly after?: number;
      /** Notices in one page. */
      readonly limit?: number;
    };
    readonly answer: GivenUpPage;
  };
  /** Which notices went where, and what came of it. */
  readonly searchDeliveries: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly endpoint?: string;
      /** Channel name. */
      readonly channel?: string;
      /** uid of the member. */
      readonly uid?: number;
      /** String account of the member. */
      readonly account?: string;
      /** Only deliveries with this type. */
      readonly type?: 101 | 102 | 103 | 104 | 105 | 106 | 107 | 108 | 111 | 112 | 190;
      /** Only deliveries with this status. */
      readonly status?: DeliveryStatus;
      /** First attempt at or after it, UTC epoch milliseconds. */
      readonly from?: number;
      /** First attempt at or before it, UTC epoch milliseconds. */
      readonly to?: number;
      /** The `next` of the page before. */
      readonly cursor?: number;
      /** Deliveries in one page. */
      readonly limit?: number;
    };
    readonly answer: DeliveryPage;
  };
  /** One delivery with its attempts: request, answer and what followed. */
  readonly getDelivery: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Endpoint id. */
      readonly endpoint: string;
      /** Id of the notice. */
      readonly noticeId: string;
    };
    readonly answer: DeliveryWithAttempts;
  };
  /** Send notices to an endpoint once more. */
  readonly redeliver: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
    };
    readonly body: RedeliveryRequest;
    readonly answer: RedeliveryAnswer;
  };
  /** How a redelivery stands. */
  readonly getRedelivery: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Id of the redelivery. */
      readonly id: string;
    };
    readonly answer: Redelivery;
  };
  /** End a redelivery. */
  readonly cancelRedelivery: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Id of the redelivery. */
      readonly id: string;
    };
    readonly answer: Redelivery;
  };
  /** Publish a message to a MESSAGE channel. */
  readonly publishToChannel: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
    };
    readonly body: Publication;
    readonly answer: {
      /** Connections that it was sent to. */
      readonly receivers: number;
    };
  };
  /** Publish a message to a user who is connected. */
  readonly publishToUser: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** User id. */
      readonly user: string;
    };
    readonly body: Publication;
    readonly answer: {
      /** The user was connected, and it was sent. */
      readonly online: boolean;
      /** It is in the history. */
      readonly kept: boolean;
    };
  };
  /** Kept messages of a MESSAGE channel, newest first. */
  readonly listChannelMessages: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** The newer bound, exclusive, epoch milliseconds; 0: now. */
      readonly start?: number;
      /** The older bound, inclusive, epoch milliseconds; 0: none. */
      readonly end?: number;
      /** How many at most. */
      readonly count?: number;
    };
    readonly answer: MessagePage;
  };
  /** Kept messages between two users, newest first. */
  readonly listUserMessages: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** User id. */
      readonly user: string;
      /** The other user. */
      readonly with: string;
      /** The newer bound, exclusive, epoch milliseconds; 0: now. */
      readonly start?: number;
      /** The older bound, inclusive, epoch milliseconds; 0: none. */
      readonly end?: number;
      /** How many at most. */
      readonly count?: number;
    };
    readonly answer: MessagePage;
  };
  /** Delete kept messages of a MESSAGE channel. */
  readonly deleteChannelMessages: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Only what this user published there. */
      readonly publisher?: string;
      /** Only the message of this time. */
      readonly timestamp?: number;
    };
    readonly answer: {};
  };
  /** Delete all kept messages that a user sent or got. */
  readonly deleteUserMessages: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** User id. */
      readonly user: string;
    };
    readonly answer: {};
  };
  /** Who is shown in a signaling channel. */
  readonly listChannelUsers: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Which kind of channel the name is of. */
      readonly type?: 'MESSAGE' | 'STREAM';
      /** `states`: with what each has set; `count`: only how many there are. */
      readonly with?: 'users' | 'states' | 'count';
      /** The `next` of the page before. */
      readonly page?: string;
    };
    readonly answer: ChannelUsers;
  };
  /** In which channels a user is shown. */
  readonly listUserChannels: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** User id, account or uid. */
      readonly user: string;
    };
    readonly answer: UserChannels;
  };
  /** Whether users are logged in to signaling. */
  readonly getUserStatus: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** User id; up to 100 times. */
      readonly user: readonly string[];
    };
    readonly answer: UserStatuses;
  };
  /** Put a user out of a channel, once. */
  readonly removeFromChannel: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** User id, account or uid. */
      readonly user: string;
    };
    readonly answer: {
      /** Of the three, how many the user was put out of. */
      readonly removed: number;
    };
  };
  /** End a user's signaling session. */
  readonly endSession: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** User id. */
      readonly user: string;
    };
    readonly answer: {
      /** False if there was none. */
      readonly ended: boolean;
    };
  };
  /** The metadata of a channel. */
  readonly getChannelMetadata: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Which kind of channel the name is of. */
      readonly type?: 'MESSAGE' | 'STREAM';
    };
    readonly answer: MetadataSet;
  };
  /** Change the metadata of a channel. */
  readonly changeChannelMetadata: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Which kind of channel the name is of. */
      readonly type?: 'MESSAGE' | 'STREAM';
    };
    readonly body: MetadataChange;
    readonly answer: MetadataSet;
  };
  /** The metadata of a user. */
  readonly getUserMetadata: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** User id. */
      readonly user: string;
    };
    readonly answer: MetadataSet;
  };
  /** Change the metadata of a user. */
  readonly changeUserMetadata: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** User id. */
      readonly user: string;
    };
    readonly body: MetadataChange;
    readonly answer: MetadataSet;
  };
  /** The locks of a channel. */
  readonly listLocks: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Which kind of channel the name is of. */
      readonly type?: 'MESSAGE' | 'STREAM';
    };
    readonly answer: LockList;
  };
  /** Take a lock from who holds it. */
  readonly revokeLock: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Name of the lock. */
      readonly lock: string;
      /** Which kind of channel the name is of. */
      readonly type?: 'MESSAGE' | 'STREAM';
    };
    readonly body: LockRevocation;
    readonly answer: {
      readonly lockName: string;
    };
  };
  /** Keep a user, an address or a channel out, or from publishing, for a time. */
  readonly createRule: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
    };
    readonly body: NewRule;
    readonly answer: Rule;
  };
  /** The rules that hold. */
  readonly listRules: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Rules in one page. */
      readonly limit?: number;
      /** The `next` of the page before. */
      readonly after?: number;
    };
    readonly answer: RuleList;
  };
  /** End a rule. */
  readonly deleteRule: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Id of the rule. */
      readonly rule: number;
    };
    readonly answer: {
      readonly id: number;
    };
  };
  /** Who subscribes to a signaling channel, at a seq. */
  readonly listSubscribers: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Which kind of channel the name is of. */
      readonly type?: 'MESSAGE' | 'STREAM';
      /** Members in one page. */
      readonly limit?: number;
      /** `next.after` of the page before. */
      readonly after?: number;
      /** `next.at` of the page before: all pages of one listing are of the same moment. */
      readonly at?: string;
    };
    readonly answer: SubscriberList;
  };
  /** Who came to and went from a signaling channel since. */
  readonly listSubscriberEvents: {
    readonly given: {
      /** App id, 32 hexadecimal characters. */
      readonly app: string;
      /** Channel name. */
      readonly channel: string;
      /** Which kind of channel the name is of. */
      readonly type?: 'MESSAGE' | 'STREAM';
      /** The cursor of the list of subscribers, or of the answer before. */
      readonly cursor: string;
      /** Events in one answer. */
      readonly limit?: number;
      /** If there is nothing new, wait this long for it, seconds. */
      readonly wait?: number;
    };
    readonly answer: SubscriberEvents;
  };
  /** A token of the development app, for the demo. */
  readonly getDemoToken: {
    readonly given: {
      /** Channel name. */
      readonly channel?: string;
      /** Whole number; 0 or absent: any. */
      readonly uid?: string;
      /** String account, in place of uid. */
      readonly account?: string;
      /** What the token allows; default audience. */
      readonly role?: 'broadcaster' | 'audience';
    };
    readonly answer: DemoToken;
  };
  /** The open channels of an app, with their number of users. */
  readonly agoraListChannels: {
    readonly given: {
      /** App id. */
      readonly appid: string;
      /** The first page is 0. */
      readonly page_no?: number;
      /** Channels in one page. */
      readonly page_size?: number;
    };
    readonly answer: {
      readonly success: true;
      readonly data: {
        readonly channels: readonly {
          readonly channel_name: string;
          readonly user_count: number;
        }[];
        /** Channels of the app. */
        readonly total_size: number;
      };
    };
  };
  /** Whether a user is in a channel, and as what. */
  readonly agoraGetUserStatus: {
    readonly given: {
      /** App id. */
      readonly appid: string;
      /** Whole number; not a string account. */
      readonly uid: string;
      /** Channel name. */
      readonly channelName: string;
    };
    readonly answer: {
      readonly success: true;
      readonly data: {
        readonly in_channel: boolean;
        readonly uid?: number;
        /** Unix seconds. */
        readonly join?: number;
        readonly role?: 1 | 2 | 3;
        readonly platform?: number;
      };
    };
  };
  /** The users of a channel. */
  readonly agoraListUsers: {
    readonly given: {
      /** App id. */
      readonly appid: string;
      /** Channel name. */
      readonly channelName: string;
      /** Any value: only the broadcasters of a live channel are listed. */
      readonly hosts_only?: string;
    };
    readonly answer: {
      readonly success: true;
      readonly data: {
        readonly channel_exist: boolean;
        readonly mode?: 1 | 2;
        /** Mode 1: users. */
        readonly total?: number;
        /** Mode 1: uids. */
        readonly users?: readonly number[];
        /** Mode 2: uids. */
        readonly broadcasters?: readonly number[];
        /** Mode 2: uids. */
        readonly audience?: readonly number[];
        /** Mode 2. */
        readonly audience_total?: number;
      };
    };
  };
  /** The hosts of a live channel. */
  readonly agoraListHosts: {
    readonly given: {
      /** App id. */
      readonly appid: string;
      /** Channel name. */
      readonly channelName: string;
    };
    readonly answer: {
      readonly success: true;
      readonly data: {
        readonly channel_exist: boolean;
        readonly mode?: 1 | 2;
        readonly broadcasters?: readonly number[];
      };
    };
  };
  /** Keep a user, channel or address out, or from publishing; time 0 puts offline once. */
  readonly agoraCreateRule: {
    readonly given: {};
    readonly body: NewKickingRule;
    readonly answer: {
      readonly status: 'success';
      readonly id: number;
    };
  };
  /** The rules of an app. */
  readonly agoraListRules: {
    readonly given: {
      /** App id. */
      readonly appid: string;
    };
    readonly answer: {
      readonly status: 'success';
      readonly rules: readonly KickingRule[];
    };
  };
  /** Change when a rule ends. */
  readonly agoraChangeRule: {
    readonly given: {};
    readonly body: KickingRuleChange;
    readonly answer: {
      readonly status: 'success';
      readonly result: {
        readonly id: number;
        readonly ts: string;
      };
    };
  };
  /** End a rule. */
  readonly agoraDeleteRule: {
    readonly given: {};
    readonly body: KickingRuleId;
    readonly answer: {
      readonly status: 'success';
      readonly id: number;
    };
  };
  /** Addresses that notices come from, for an allow-list. */
  readonly agoraListNoticeAddressesV1: {
    readonly given: {};
    readonly answer: {
      readonly data: {
        readonly service: {
          readonly hosts: readonly {
            readonly primaryIP: string;
          }[];
        };
      };
    };
  };
  /** Addresses that notices come from, for an allow-list. */
  readonly agoraListNoticeAddresses: {
    readonly given: {};
    readonly answer: {
      readonly data: {
        readonly service: {
          readonly hosts: readonly {
            readonly primaryIP: string;
          }[];
        };
      };
    };
  };
  /** The apps, as projects. */
  readonly agoraListProjects: {
    readonly given: {};
    readonly answer: {
      readonly projects: readonly {
        readonly id: string;
        readonly name: string;
        readonly vendor_key: string;
        readonly status: 1;
      }[];
    };
  };
}

/** The body of a webhook in the `agora` format, as an object. */
export interface AgoraNotice {
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** The same over every endpoint, copy and attempt. */
  readonly noticeId: string;
  readonly productId: 1;
  readonly eventType: NoticeType;
  /** When this copy was made, UTC epoch milliseconds. */
  readonly notifyMs: number;
  readonly payload: {
    /** Channel name. */
    readonly channelName: string;
    /** When it happened, Unix seconds; of a leave, when the member was there last. */
    readonly ts: number;
    /** Who left last. */
    readonly lastUid?: number;
    /** Who it was; of a string account, the number that stands for it. */
    readonly uid?: number;
    /** 0 other, 1 android, 2 ios, 5 windows, 6 linux, 7 web, 8 macos. */
    readonly platform?: number;
    /** What the client says it is; only where `platform` is 6. */
    readonly clientType?: number;
    /** Grows with every event of one uid in one channel. */
    readonly clientSeq?: number;
    /** Why: 0 other, 1 quit, 2 timeout, 3 kicked, 5 replaced, 12 token. */
    readonly reason?: number;
    /** Seconds in the channel: this `ts` less that of the join. */
    readonly duration?: number;
    /** The string account, if the member joined with one. */
    readonly account?: string;
    /** Housecount: the signaling user, if the member is linked to one. */
    readonly userId?: string;
    /** Order in the sid, dense: 1, 2, 3 … */
    readonly seq: number;
    /** Members in the channel after the event. */
    readonly count: number;
  };
}

export interface AppList {
  readonly apps: readonly AppSummary[];
}

export interface AppSummary {
  readonly id: string;
  /** The certificate; only that of the public development app is shown. */
  readonly certificate?: string;
  /** Who joins an app without certificate without a token. */
  readonly openTo?: 'thisMachine' | 'everybody';
}

/** One try to hand a notice to an endpoint. */
export interface Attempt {
  /** Counts the attempts of one server process. */
  readonly id: number;
  readonly app: string;
  readonly endpointId: string;
  readonly url: string;
  /** No receiver stands behind it: made so that notices can be seen before there is one. */
  readonly virtual: boolean;
  /** Position of the event in the log. */
  readonly position: number;
  /** The same over every endpoint, copy and attempt. */
  readonly noticeId: string;
  readonly eventType: NoticeNumber;
  readonly channel: string;
  /** 1 is the first. */
  readonly attempt: number;
  /** When it was sent, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: {
    readonly answered: true;
    /** HTTP status. */
    readonly status: number;
    /** The beginning of the answer. */
    readonly excerpt?: string;
  } | {
    readonly answered: false;
    /** Where it failed. */
    readonly stage: string;
    readonly detail: string;
  };
  readonly next: 'delivered' | 'retry' | 'give-up';
  /** The exact bytes sent, as text; of a batch, the part that is this notice. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Id of the redelivery that it is part of. */
  readonly redelivery?: string;
}

/** A change of a channel: decided, numbered, logged. The roster is the sum of these. */
export type ChannelEvent = {
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Order in the sid, dense: 1, 2, 3 … */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  /** Members in the channel after the event. */
  readonly count: number;
  readonly profile: 'live' | 'communication';
  readonly type: 'channel-opened';
} | {
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Order in the sid, dense: 1, 2, 3 … */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  /** Members in the channel after the event. */
  readonly count: number;
  readonly profile: 'live' | 'communication';
  readonly type: 'channel-closed';
  readonly lastUid?: number;
} | {
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Order in the sid, dense: 1, 2, 3 … */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  /** Members in the channel after the event. */
  readonly count: number;
  readonly profile: 'live' | 'communication';
  /** 1 to 4294967295. */
  readonly uid?: number;
  /** The string account, if the member joined with one. */
  readonly account?: string;
  /** The signaling user that the member is linked to; absent: it is linked to none. */
  readonly userId?: string;
  readonly role: 'broadcaster' | 'audience';
  /** Platform number of the notices. */
  readonly platform: number;
  readonly clientType?: number;
  /** Strictly increasing per app, channel and uid. */
  readonly clientSeq: number;
  readonly type: 'member-joined';
  readonly connectionId: string;
  readonly connectionKind: 'rtc' | 'whip' | 'whep' | 'signaling';
  /** The number of the start of the server that it came to. */
  readonly on?: number;
  readonly quiet?: true;
  /** Its page said that a link to a signaling user comes. */
  readonly linkAwaited?: true;
  /** Its token names nobody, so that equal ids prove nothing. */
  readonly unproven?: true;
  /** When the join privilege ends; absent if never, UTC epoch milliseconds. */
  readonly tokenEndsMs?: number;
  readonly publish?: {
    /** Until when the token allows to publish audio; absent: it does not, UTC epoch milliseconds. */
    readonly audioEndsMs?: number;
    /** Until when the token allows to publish video; absent: it does not, UTC epoch milliseconds. */
    readonly videoEndsMs?: number;
  };
  /** Silence allowed before the member is presumed gone, milliseconds. */
  readonly leaseMs: number;
} | {
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Order in the sid, dense: 1, 2, 3 … */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  /** Members in the channel after the event. */
  readonly count: number;
  readonly profile: 'live' | 'communication';
  /** 1 to 4294967295. */
  readonly uid?: number;
  /** The string account, if the member joined with one. */
  readonly account?: string;
  /** The signaling user that the member is linked to; absent: it is linked to none. */
  readonly userId?: string;
  readonly role: 'broadcaster' | 'audience';
  /** Platform number of the notices. */
  readonly platform: number;
  readonly clientType?: number;
  /** Strictly increasing per app, channel and uid. */
  readonly clientSeq: number;
  readonly type: 'member-left';
  readonly connectionId: string;
  readonly reason: 'other' | 'quit' | 'timeout' | 'kicked' | 'replaced' | 'token';
  readonly evidence: 'bye' | 'socket-closed' | 'silence' | 'media-silence' | 'media-closed' | 'server-crash' | 'kick' | 'new-device' | 'token-end';
  readonly ruleScope?: 'uid' | 'ip' | 'channel';
  /** When the server last heard from the member, UTC epoch milliseconds. */
  readonly lastHeardMs: number;
  /** When the server noticed the silence or the goodbye, UTC epoch milliseconds. */
  readonly noticedMs: number;
  /** When its silence began; of a member that left while it was silent, without a goodbye, UTC epoch milliseconds. */
  readonly silentSinceMs?: number;
  /** When the member joined, UTC epoch milliseconds. */
  readonly joinedMs: number;
} | {
  /** App id. */
  readonly app: string;
  /** Channel name. */
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Order in the sid, dense: 1, 2, 3 … */
  readonly seq: number;
  /** When it was decided, UTC epoch milliseconds. */
  readonly atMs: number;
  /** Members in the channel after the event. */
  readonly count: number;
  readonly profile: 'live' | 'communication';
  /** 1 to 4294967295. */
  readonly uid?: number;
  /** The string account, if the member joined with one. */
  readonly account?: string;
  /** The signaling user that the member is linked to; absent: it is linked to none. */
  readonly userId?: string;
  readonly role: 'broadcaster' | 'audience';
  /** Platform number of the notices. */
  readonly platform: number;
  readonly clientType?: number;
  /** Strictly increasing per app, channel and uid. */
  readonly clientSeq: number;
  readonly type: 'role-changed';
};

export interface ChannelList {
  readonly channels: readonly ChannelSummary[];
  /** Open channels of the app that fit `q`. */
  readonly total: number;
  /** Send it as `after` for the next page; absent on the last. */
  readonly next?: string;
}

export interface ChannelSummary {
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Order in the sid, dense: 1, 2, 3 … */
  readonly seq: number;
  readonly profile: 'live' | 'communication';
  /** First join of this life, UTC epoch milliseconds. */
  readonly openedMs: number;
  /** All members. */
  readonly count: number;
  /** Broadcasters. */
  readonly hosts: number;
  /** The others. */
  readonly audience: number;
}

export interface ChannelUsers {
  /** All who are shown in the channel. */
  readonly count: number;
  readonly users?: readonly {
    readonly userId: string;
    readonly states?: Readonly<Record<string, string>>;
  }[];
  /** Send it as `page`; absent on the last. */
  readonly next?: string;
}

/** A notice on its way to an endpoint, or at its end. */
export interface Delivery {
  /** Endpoint id. */
  readonly endpoint: string;
  readonly noticeId: string;
  /** Position of the event in the log. */
  readonly position: number;
  readonly type: NoticeNumber;
  /** Channel name; empty where a notice of lost events is about several. */
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Order in the sid, dense: 1, 2, 3 … */
  readonly seq: number;
  /** 1 to 4294967295. */
  readonly uid?: number;
  /** The string account, if the member joined with one. */
  readonly account?: string;
  /** When it was decided, UTC epoch milliseconds. */
  readonly eventMs: number;
  /** First attempt, UTC epoch milliseconds. */
  readonly firstMs: number;
  /** Last attempt, UTC epoch milliseconds. */
  readonly lastMs: number;
  /** How many were made. */
  readonly attempts: number;
  /** How many of them were redeliveries. */
  readonly redelivered: number;
  readonly status: DeliveryStatus;
}

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** Send it as `cursor` for older ones; absent when there are none. */
  readonly next?: number;
}

export type DeliveryStatus = 'retrying' | 'given-up' | 'delivered';

export type DeliveryWithAttempts = Delivery & {
  /** All that are kept, in the order in which they were made. */
  readonly made: readonly MadeAttempt[];
};

export interface DemoToken {
  readonly app: string;
  readonly channel: string;
  readonly token: string;
  readonly role: 'broadcaster' | 'audience';
  /** UTC epoch milliseconds. */
  readonly expiresMs: number;
}

export interface EnabledEndpoint {
  readonly ok: true;
  readonly results: readonly TestResult[];
  readonly endpoint: Endpoint;
}

export interface Endpoint {
  /** Endpoint id. */
  readonly endpointId: string;
  readonly app: string;
  /** `config`: it is in the configuration file, and is changed there. */
  readonly source: 'config' | 'managed';
  /** https://, or http:// where the private network is allowed. */
  readonly url: string;
  /** A note for people. */
  readonly description: string;
  /** Types it takes; every viewer makes a 105 and a 106. */
  readonly events: readonly NoticeType[];
  /** Channel names, or patterns with `*`; empty: all. */
  readonly channels: readonly string[];
  /** How notices are worded, signed and put into requests. */
  readonly format: 'agora' | 'standard' | 'batch';
  /** A plan of retries by its name, or the seconds before each. */
  readonly retry: 'standard' | 'agora' | readonly number[];
  /** What was given up is sent once more when the receiver answers again; without it, true. */
  readonly redeliverGivenUp: boolean;
  /** Receivers in private networks, as far as the operator has named them (endpointNetworks), and plain http, are meant. */
  readonly allowPrivateNetwork: boolean;
  /** Names of its own headers; the values are not shown. */
  readonly headerNames: readonly string[];
  /** Active ones, oldest first. */
  readonly secrets: readonly {
    /** The end of a long secret. */
    readonly hint: string;
    /** It signs no more after this, UTC epoch milliseconds. */
    readonly endsMs?: number;
  }[];
  /** When it was made; absent for one of the configuration, UTC epoch milliseconds. */
  readonly createdMs?: number;
  /** `disabled`: it gets nothing, for it has not passed its health test. `paused`: its notices wait. `suspended`: it failed for long and is tried once a minute. `gone`: it answered 410, and its notices wait until it is resumed. */
  readonly state: 'disabled' | 'running' | 'paused' | 'suspended' | 'gone' | 'waiting-for-room' | 'log-failed' | 'journal-failed' | 'stopped';
  /** Last log position taken. */
  readonly through: number;
  /** Log positions not yet taken, plus the notices taken and not finished. */
  readonly backlog: number;
  /** Attempts under way. */
  readonly inFlight: number;
  /** Notices taken and not finished. */
  readonly outstanding: number;
  /** When the event of the oldest unfinished notice was decided, UTC epoch milliseconds. */
  readonly oldestEventMs?: number;
  readonly lastAttempt?: {
    /** When it was made, UTC epoch milliseconds. */
    readonly atMs: number;
    readonly result: string;
  };
  /** When the first of the failed attempts since the last delivery was made, UTC epoch milliseconds. */
  readonly failingSinceMs?: number;
  /** Why nothing, or next to nothing, is sent. */
  readonly halt?: {
    readonly state: 'suspended' | 'gone';
    /** When it began, UTC epoch milliseconds. */
    readonly sinceMs: number;
    /** What the attempt before it came to. */
    readonly why: string;
  };
  /** Notices whose attempts are spent. */
  readonly givenUp: number;
  /** Events that waited for longer than they are kept, and were not sent; the endpoint is told which. */
  readonly lost: number;
}

export interface EndpointChange {
  /** https://, or http:// where the private network is allowed. */
  readonly url?: string | null;
  /** A note for people. */
  readonly description?: string | null;
  /** Types it takes; every viewer makes a 105 and a 106. */
  readonly events?: readonly NoticeType[] | null;
  /** Channel names, or patterns with `*`; empty: all. */
  readonly channels?: readonly string[] | null;
  /** How notices are worded, signed and put into requests. */
  readonly format?: 'agora' | 'standard' | 'batch' | null;
  /** A plan of retries by its name, or the seconds before each. */
  readonly retry?: 'standard' | 'agora' | readonly number[] | null;
  /** What was given up is sent once more when the receiver answers again; without it, true. */
  readonly redeliverGivenUp?: boolean | null;
  /** Sent with every request, beside those that Housecount sets. */
  readonly headers?: Readonly<Record<string, string>> | null;
  /** Receivers in private networks, as far as the operator has named them (endpointNetworks), and plain http, are meant. */
  readonly allowPrivateNetwork?: boolean | null;
}

export interface EndpointList {
  readonly endpoints: readonly Endpoint[];
}

export interface EndpointSecretShown {
  readonly endpoint: Endpoint;
  /** Keep it: it is not shown again. */
  readonly secret: string;
}

export interface EventPage {
  readonly app: string;
  readonly channel: string;
  readonly sid: string;
  readonly events: readonly ChannelEvent[];
  /** Send it as `after` to go on; the same as `after` when there is nothing new. */
  readonly next: number;
  /** There is more now. */
  readonly more: boolean;
}

export interface GivenUp {
  readonly position: number;
  readonly noticeId: string;
  readonly eventType: NoticeType;
  readonly event: ChannelEvent;
  /** How many were made. */
  readonly attempts: number;
  /** What the last one came to. */
  readonly error?: string;
  /** When it was given up, UTC epoch milliseconds. */
  readonly atMs: number;
  /** Last attempt of a delivery that was taken after all, by a redelivery, UTC epoch milliseconds. */
  readonly takenMs?: number;
}

export interface GivenUpPage {
  readonly endpoint: string;
  readonly notices: readonly GivenUp[];
  /** Send it as `after` for the next page. */
  readonly next: number;
  /** This page is full: there may be more. */
  readonly more: boolean;
}

export interface KickingRule {
  readonly id: number;
  readonly appid: string;
  readonly uid: number | null;
  readonly opid: number;
  readonly cname: string;
  readonly ip: string;
  /** When it ends. */
  readonly ts: string;
  readonly privileges: readonly ('join_channel' | 'publish_audio' | 'publish_video')[];
  readonly createAt: string;
  readonly updateAt: string;
}

export type KickingRuleChange = {
  /** App id. */
  readonly appid: string;
  /** Id of the rule. */
  readonly id: number;
  /** Minutes, 1 to 1440, clamped; default 60. */
  readonly time?: number;
  /** Seconds, 10 to 86430, clamped; wins over `time`. */
  readonly time_in_seconds?: number;
};

export interface KickingRuleId {
  /** App id. */
  readonly appid: string;
  /** Id of the rule. */
  readonly id: number;
}

export interface Life {
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  readonly profile: 'live' | 'communication';
  /** First join; absent if it is older than the history, UTC epoch milliseconds. */
  readonly openedMs?: number;
  /** Last leave; absent while the channel is open, UTC epoch milliseconds. */
  readonly closedMs?: number;
  /** seq of the newest event. */
  readonly lastSeq: number;
  /** Joins so far, the same person counted each time. */
  readonly joins: number;
  /** The largest number of members at one time. */
  readonly peak: number;
}

export interface LifeList {
  readonly sids: readonly Life[];
  /** Send it as `before` for the next page; absent on the last. */
  readonly next?: number;
}

export interface LockList {
  readonly locks: readonly {
    readonly lockName: string;
    /** Empty: nobody holds it. */
    readonly owner?: string;
    /** Seconds that it stays with who goes offline. */
    readonly ttl: number;
  }[];
}

export interface LockRevocation {
  /** The user who is shown as the author: a legal user id. */
  readonly author: string;
  /** The author may be a user who is logged in. */
  readonly asUser?: boolean | null;
  /** The lock is taken only if this user holds it. */
  readonly owner?: string;
}

export interface MadeAttempt {
  /** 1 is the first. A redelivery is one attempt of its own. */
  readonly attempt: number;
  /** When it was sent, UTC epoch milliseconds. */
  readonly atMs: number;
  readonly durationMs: number;
  /** HTTP status; absent if no answer came. */
  readonly answered?: number;
  /** Where it failed, if no answer came. */
  readonly stage?: string;
  readonly detail?: string;
  readonly next: 'delivered' | 'retry' | 'give-up';
  /** Id of the redelivery that it is part of. */
  readonly redelivery?: string;
  /** Absent if it was dropped because more came than could be written. */
  readonly exchange?: {
    readonly headers: Readonly<Record<string, string>>;
    /** The exact bytes sent, as text; of a batch, all of it. */
    readonly body: string;
    /** The first 4 KiB of its body. */
    readonly answer: string;
  };
}

export interface MessagePage {
  readonly messages: readonly {
    readonly publisher: string;
    readonly content: {
      readonly text: string;
    } | {
      /** Base64. */
      readonly bytes: string;
    } | {
      /** Base64 of what the clients encrypted. */
      readonly sealed: string;
    };
    readonly customType?: string;
    /** Epoch milliseconds; no two messages of a conversation have the same. */
    readonly timestamp: number;
  }[];
  /** Send it as `start` for the next page; 0: this is the last. */
  readonly newStart: number;
}

export type MetadataChange = {
  /** The user who is shown as the author: a legal user id. */
  readonly author: string;
  /** The author may be a user who is logged in. */
  readonly asUser?: boolean | null;
  /** `set` writes the items; `update` those that are there already; `remove` takes them away, or all if `items` is empty. */
  readonly mode: 'set' | 'update' | 'remove';
  /** Items with keys of at most 32 visible ASCII characters. */
  readonly items: readonly {
    readonly key: string;
    readonly value?: string;
    /** The revision that must be there; −1, which is the default, allows any. */
    readonly revision?: -1 | number;
  }[];
  /** The revision that must be there; −1, which is the default, allows any. */
  readonly majorRevision?: -1 | number;
  /** A lock of the channel that the author must hold. */
  readonly lockName?: string;
  /** The items keep when they were written. */
  readonly addTimeStamp?: boolean;
  /** The items keep their author. */
  readonly addUserId?: boolean;
};

export interface MetadataSet {
  readonly majorRevision: number;
  readonly items: readonly {
    readonly key: string;
    readonly value: string;
    readonly revision: number;
    /** When it was written; only if the writer asked for it, UTC epoch milliseconds. */
    readonly updatedMs?: number;
    readonly author?: string;
  }[];
}

export interface NewEndpoint {
  /** https://, or http:// where the private network is allowed. */
  readonly url: string;
  /** A note for people. */
  readonly description?: string | null;
  /** Types it takes; every viewer makes a 105 and a 106. */
  readonly events?: readonly NoticeType[] | null;
  /** Channel names, or patterns with `*`; empty: all. */
  readonly channels?: readonly string[] | null;
  /** How notices are worded, signed and put into requests. */
  readonly format?: 'agora' | 'standard' | 'batch' | null;
  /** A plan of retries by its name, or the seconds before each. */
  readonly retry?: 'standard' | 'agora' | readonly number[] | null;
  /** What was given up is sent once more when the receiver answers again; without it, true. */
  readonly redeliverGivenUp?: boolean | null;
  /** Sent with every request, beside those that Housecount sets. */
  readonly headers?: Readonly<Record<string, string>> | null;
  /** Receivers in private networks, as far as the operator has named them (endpointNetworks), and plain http, are meant. */
  readonly allowPrivateNetwork?: boolean | null;
  /** Signs the notices. */
  readonly secret?: string | null;
}

export type NewKickingRule = {
  /** App id. */
  readonly appid: string;
  /** Channel name; empty: not set. */
  readonly cname?: '' | string;
  /** uid of the member. */
  readonly uid?: number;
  /** IP address; empty: not set. */
  readonly ip?: '' | string;
  /** Minutes, 1 to 1440, clamped; default 60. */
  readonly time?: number;
  /** Seconds, 10 to 86430, clamped; wins over `time`. */
  readonly time_in_seconds?: number;
  /** What they may not do. */
  readonly privileges: readonly ('join_channel' | 'publish_audio' | 'publish_video')[];
};

export type NewRule = {
  /** Channel name. */
  readonly channel?: string;
  /** User id, or account. */
  readonly userId?: string;
  /** uid, in place of userId. */
  readonly uid?: number;
  /** IP address. */
  readonly ip?: string;
  /** What they may not do. */
  readonly privileges: readonly ('join_channel' | 'publish_audio' | 'publish_video' | 'publish_message')[];
  /** How long, from now. */
  readonly seconds: number;
};

/** A notice formed for a listener. */
export interface Notice {
  /** Ask for what comes after it. */
  readonly position: number;
  readonly noticeId: string;
  readonly eventType: NoticeType;
  readonly channel: string;
  /** Post this as it is … */
  readonly body: string;
  /** … with these: it is signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A NoticeType, or 190: events were lost. */
export type NoticeNumber = 101 | 102 | 103 | 104 | 105 | 106 | 107 | 108 | 111 | 112 | 190;

export type NoticeType = 101 | 102 | 103 | 104 | 105 | 106 | 107 | 108 | 111 | 112;

export interface Publication {
  /** Who is shown as publisher: a legal user id. */
  readonly publisher: string;
  /** An object with one of text, bytes and sealed. */
  readonly content: {
    /** At most 32768 bytes of UTF-8. */
    readonly text: string;
  } | {
    /** Base64 of at most 32768 bytes. */
    readonly bytes: string;
  } | {
    /** Base64 of at most 32768 bytes encrypted as clients do. */
    readonly sealed: string;
  };
  /** A word of the publisher for what it is. */
  readonly customType?: string;
  /** It is kept, durably, before it is told. */
  readonly storeInHistory?: boolean | null;
  /** The publisher may be a user who is logged in. */
  readonly asUser?: boolean | null;
  /** The same as the header Idempotency-Key, but that the same request at the same time waits for the answer. */
  readonly idempotencyKey?: string;
}

/** A ChannelEvent, with the notice that it makes. */
export type PulledEvent = ChannelEvent & {
  /** The same as on every webhook. */
  readonly noticeId: string;
  readonly eventType: NoticeType;
  readonly notice: AgoraNotice;
};

export interface PulledEvents {
  readonly app: string;
  readonly events: readonly PulledEvent[];
  /** Stands after the last event. */
  readonly cursor: string;
  /** There may be more now. */
  readonly more: boolean;
}

export interface Redelivery {
  readonly id: string;
  readonly app: string;
  readonly endpoint: string;
  readonly state: 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';
  /** Notices in all. */
  readonly notices: number;
  readonly delivered: number;
  readonly failed: number;
  /** Deleted by retention before their turn. */
  readonly gone: number;
  /** When it was asked for, UTC epoch milliseconds. */
  readonly startedMs: number;
  /** When it ended, UTC epoch milliseconds. */
  readonly endedMs?: number;
  /** What the last failed attempt came to, or why it ended early. */
  readonly trouble?: string;
}

export interface RedeliveryAnswer {
  /** How many are sent, or would be. */
  readonly notices: number;
  readonly redelivery?: Redelivery;
}

/** Exactly one of noticeId, filter, since, givenUp. */
export interface RedeliveryRequest {
  /** Endpoint id. */
  readonly endpoint: string;
  /** Id of the one notice that is sent. */
  readonly noticeId?: string;
  /** Every field given must fit. */
  readonly filter?: {
    /** Channel name. */
    readonly channel?: string;
    /** uid of the member. */
    readonly uid?: number;
    /** String account of the member. */
    readonly account?: string;
    readonly type?: 101 | 102 | 103 | 104 | 105 | 106 | 107 | 108 | 111 | 112 | 190;
    readonly status?: DeliveryStatus;
    /** First attempt at or after it, UTC epoch milliseconds. */
    readonly from?: number;
    /** First attempt at or before it, UTC epoch milliseconds. */
    readonly to?: number;
  };
  /** What was decided at or after a time, UTC epoch milliseconds; or what came after a seq in its sid. */
  readonly since?: number | {
    readonly sid: string;
    readonly seq: number;
  };
  /** Every notice that is given up. */
  readonly givenUp?: true;
  /** True: the notices are counted, and not sent. */
  readonly dryRun?: boolean;
}

export interface Roster {
  readonly app: string;
  readonly channel: string;
  readonly sid: string;
  readonly seq: number;
  readonly profile: 'live' | 'communication';
  readonly openedMs: number;
  /** All members: the sum of the pages. */
  readonly count: number;
  /** Broadcasters among them. */
  readonly hosts: number;
  readonly members: readonly RosterMember[];
  /** Absent on the last page. */
  readonly next?: {
    readonly after: number;
    readonly at: string;
  };
}

export interface RosterMember {
  /** 1 to 4294967295. */
  readonly uid?: number;
  /** The string account, if the member joined with one. */
  readonly account?: string;
  /** The signaling user that the member is linked to; absent: it is linked to none. */
  readonly userId?: string;
  readonly role: 'broadcaster' | 'audience';
  /** Platform number of the notices. */
  readonly platform: number;
  readonly clientType?: number;
  readonly connection: 'rtc' | 'whip' | 'whep' | 'signaling';
  /** When the member joined, UTC epoch milliseconds. */
  readonly joinedMs: number;
  /** Set while the member is silent: when it was last heard, UTC epoch milliseconds. */
  readonly interruptedSinceMs?: number;
}

export interface Rule {
  readonly id: number;
  readonly channel?: string;
  readonly uid?: number;
  /** Where the rule was made for it. */
  readonly userId?: string;
  readonly ip?: string;
  /** Uids of the members of the live channel who were surely one person with whom it names, when it was made or since a link came late: it speaks of them too. */
  readonly members?: readonly number[];
  /** A rule without a channel has these in place of `members`: each uid, in the channel where it was that person. */
  readonly membersIn?: readonly {
    readonly channel: string;
    readonly uid: number;
  }[];
  /** Likewise the users of signaling, by user id: it speaks of them too. */
  readonly users?: readonly string[];
  readonly privileges: readonly ('join_channel' | 'publish_audio' | 'publish_video' | 'publish_message')[];
  /** When it was made, UTC epoch milliseconds. */
  readonly createdMs: number;
  /** When it ends, UTC epoch milliseconds. */
  readonly endsMs: number;
}

export interface RuleList {
  readonly rules: readonly Rule[];
  /** Rules of the app that hold. */
  readonly total: number;
  /** Send it as `after` for the next page; absent on the last. */
  readonly next?: number;
}

export interface Session {
  /** The public development app runs. */
  readonly development: boolean;
  /** The other resources answer 401 to this request as it is. */
  readonly loginNeeded: boolean;
  /** Whose credentials were sent, if they are right. */
  readonly customer?: string;
  /** What this caller may do. */
  readonly role?: 'read' | 'operate' | 'admin';
  /** False: this caller is not told who people are. */
  readonly names?: boolean;
}

/** A line of a snapshot. */
export type SnapshotLine = {
  readonly type: 'snapshot';
  readonly app: string;
  /** Ask /events for what comes after it. */
  readonly cursor: string;
  /** When it was taken, UTC epoch milliseconds. */
  readonly atMs: number;
  /** Open channels. */
  readonly channels: number;
} | {
  readonly type: 'channel';
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  /** Order in the sid, dense: 1, 2, 3 … */
  readonly seq: number;
  readonly profile: 'live' | 'communication';
  /** First join of this life, UTC epoch milliseconds. */
  readonly openedMs: number;
  /** Members in the lines that follow. */
  readonly count: number;
  /** Broadcasters among them. */
  readonly hosts: number;
} | {
  readonly type: 'members';
  readonly channel: string;
  /** One life of the channel, from first join to last leave. */
  readonly sid: string;
  readonly members: readonly RosterMember[];
} | {
  readonly type: 'end';
  readonly channels: number;
  /** All members of all channels. */
  readonly members: number;
};

export interface SubscriberEvents {
  readonly app: string;
  readonly channelType: 'MESSAGE' | 'STREAM';
  readonly channel: string;
  readonly events: readonly ChannelEvent[];
  /** Stands after the last event. */
  readonly cursor: string;
  /** There may be more now. */
  readonly more: boolean;
}

export interface SubscriberList {
  readonly app: string;
  readonly channelType: 'MESSAGE' | 'STREAM';
  readonly channel: string;
  /** One life of the channel, from first to last subscriber. */
  readonly sid?: string;
  readonly seq?: number;
  readonly count: number;
  readonly members: readonly {
    readonly userId?: string;
    readonly uid?: number;
    /** UTC epoch milliseconds. */
    readonly joinedMs: number;
    readonly quiet?: true;
    /** UTC epoch milliseconds. */
    readonly interruptedSinceMs?: number;
  }[];
  /** Asks for what comes after this moment; on the first page alone. */
  readonly cursor?: string;
  /** Absent on the last page. */
  readonly next?: {
    readonly after: number;
    readonly at: string;
  };
}

export interface TestReport {
  /** Every test notice passed. */
  readonly ok: boolean;
  readonly results: readonly TestResult[];
}

export interface TestResult {
  readonly eventType: NoticeType;
  readonly ok: boolean;
  /** Status of the answer, or: 590 no answer within 10 s, or no connection; 591 the host name cannot be resolved; 592 the TLS certificate cannot be verified. */
  readonly code: number;
  /** A sentence; with `ok`, a warning. */
  readonly detail?: string;
  readonly durationMs: number;
}

export interface UserChannels {
  readonly channels: readonly {
    readonly channelName: string;
    readonly channelType: 'MESSAGE' | 'STREAM';
  }[];
}

export interface UserStatuses {
  readonly users: readonly {
    readonly userId: string;
    /** `reconnecting`: without connection, within the lease. Messages need `online`. */
    readonly status: 'online' | 'reconnecting' | 'offline';
  }[];
}
