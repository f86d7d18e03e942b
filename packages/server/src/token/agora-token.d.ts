/** The official builder's parser, which its own types leave out. Tests only. */
declare module 'agora-token/src/AccessToken2' {
  export class ServiceRtc {
    constructor(channel: string, uid: number | string);
    add_privilege(privilege: number, expire: number): void;
  }
  export class ServiceRtm {
    constructor(userId: string);
    add_privilege(privilege: number, expire: number): void;
  }
  export class ServiceRtm2 {
    constructor(userId: string, permissions: import('agora-token').Rtm2Permissions);
    add_privilege(privilege: number, expire: number): void;
  }
  export class AccessToken2 {
    constructor(appId: string, appCertificate: string, issueTs: number, expire: number);
    appId: Uint8Array;
    issueTs: number;
    expire: number;
    salt: number;
    from_string(token: string): boolean;
    verifySignature(certificate: string): boolean;
    add_service(service: ServiceRtc | ServiceRtm | ServiceRtm2): void;
    build(): string;
    getServices(type: number): readonly {
      readonly __channel_name: Uint8Array;
      readonly __uid: Uint8Array;
      readonly __privileges: Readonly<Record<string, number>>;
    }[];
  }
}
