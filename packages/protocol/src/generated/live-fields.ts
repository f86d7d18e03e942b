// Made of the schemas by `npm run schema`: change those, in packages/schema.

import type { FrameFields } from '../field-check.ts';

export const liveFields = {
  "hello": {
    "version": {
      "isRequired": true,
      "must": "1",
      "type": "number",
      "const": 1
    },
    "app": {
      "isRequired": true,
      "must": "32 hexadecimal characters",
      "code": "invalid_app_id",
      "type": "string",
      "pattern": "^[0-9a-fA-F]{32}$"
    },
    "channel": {
      "isRequired": true,
      "must": "1 to 64 characters of the legal set",
      "code": "invalid_channel_name",
      "type": "string",
      "pattern": "^(?!\\.{1,2}$)[A-Za-z0-9 !#$%&()+\\-:;<=.>?@\\[\\]\\^_{}\\|~,]{1,64}$"
    },
    "token": {
      "isRequired": false,
      "must": "a string",
      "type": "string"
    },
    "uid": {
      "isRequired": false,
      "must": "a whole number from 0 to 4294967295",
      "code": "invalid_uid",
      "type": "integer",
      "minimum": 0,
      "maximum": 4294967295
    },
    "account": {
      "isRequired": false,
      "must": "1 to 255 characters of the legal set",
      "code": "invalid_account",
      "type": "string",
      "pattern": "^(?!\\.{1,2}$)[A-Za-z0-9 !#$%&()+\\-:;<=.>?@\\[\\]\\^_{}\\|~,]{1,255}$"
    },
    "role": {
      "isRequired": false,
      "must": "\"broadcaster\" or \"audience\"",
      "code": "role_invalid",
      "enum": [
        "broadcaster",
        "audience"
      ]
    },
    "profile": {
      "isRequired": false,
      "must": "\"live\" or \"communication\"",
      "enum": [
        "live",
        "communication"
      ]
    },
    "platform": {
      "isRequired": false,
      "must": "one of 0, 1, 2, 5, 6, 7, 8",
      "type": "number",
      "enum": [
        0,
        1,
        2,
        5,
        6,
        7,
        8
      ]
    },
    "clientType": {
      "isRequired": false,
      "must": "a whole number from 0 to 255",
      "type": "integer",
      "minimum": 0,
      "maximum": 255
    },
    "resume": {
      "isRequired": false,
      "must": "1 to 1024 printable ASCII characters without space",
      "type": "string",
      "pattern": "^[!-~]+$",
      "maxLength": 1024
    },
    "attempt": {
      "isRequired": false,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "linkAwaited": {
      "isRequired": false,
      "must": "true or false",
      "type": "boolean"
    }
  },
  "bye": {
    "graceMs": {
      "isRequired": false,
      "must": "a whole number from 0 to 2000",
      "type": "integer",
      "minimum": 0,
      "maximum": 2000
    }
  },
  "ping": {
    "id": {
      "isRequired": false,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    }
  },
  "set-role": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "role": {
      "isRequired": true,
      "must": "\"broadcaster\" or \"audience\"",
      "code": "role_invalid",
      "enum": [
        "broadcaster",
        "audience"
      ]
    }
  },
  "renew-token": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "token": {
      "isRequired": true,
      "must": "a string",
      "type": "string"
    }
  },
  "link": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "proof": {
      "isRequired": false,
      "must": "1 to 1024 printable ASCII characters without space",
      "code": "link_proof_invalid",
      "type": "string",
      "pattern": "^[!-~]+$",
      "maxLength": 1024
    }
  },
  "subscribe-roster": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "sid": {
      "isRequired": false,
      "must": "1 to 128 printable ASCII characters without space",
      "type": "string",
      "pattern": "^[!-~]+$",
      "maxLength": 128
    },
    "after": {
      "isRequired": false,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "view": {
      "isRequired": false,
      "must": "{\"count\": true}, {\"first\": N} or {\"from\": PLACE, \"count\": N} with N from 1 to 1000",
      "anyOf": [
        {
          "anyOf": [
            {
              "type": "object",
              "properties": {
                "count": {
                  "const": true
                }
              },
              "required": [
                "count"
              ]
            },
            {
              "type": "object",
              "properties": {
                "first": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 1000
                }
              },
              "required": [
                "first"
              ]
            },
            {
              "type": "object",
              "properties": {
                "from": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 9007199254740991
                },
                "count": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 1000
                }
              },
              "required": [
                "from",
                "count"
              ]
            }
          ]
        }
      ]
    }
  },
  "unsubscribe-roster": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    }
  },
  "streams": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "audio": {
      "isRequired": true,
      "must": "true or false",
      "type": "boolean"
    },
    "video": {
      "isRequired": true,
      "must": "true or false",
      "type": "boolean"
    }
  },
  "select": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "session": {
      "isRequired": true,
      "must": "1 to 128 printable ASCII characters without space",
      "type": "string",
      "pattern": "^[!-~]+$",
      "maxLength": 128
    },
    "audio": {
      "isRequired": true,
      "must": "true or false",
      "type": "boolean"
    },
    "video": {
      "isRequired": true,
      "must": "true or false",
      "type": "boolean"
    },
    "layer": {
      "isRequired": false,
      "must": "one of high, low",
      "enum": [
        "high",
        "low"
      ]
    }
  },
  "tell-info": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "what": {
      "isRequired": true,
      "must": "\"mute-audio\", \"unmute-audio\", \"mute-video\", \"unmute-video\", \"enable-local-video\" or \"disable-local-video\"",
      "anyOf": [
        {
          "enum": [
            "mute-audio",
            "unmute-audio",
            "mute-video",
            "unmute-video",
            "enable-local-video",
            "disable-local-video"
          ]
        }
      ]
    }
  },
  "stream-messages": {
    "id": {
      "isRequired": true,
      "must": "a whole number from 0 to 2^53 - 1",
      "type": "integer",
      "minimum": 0,
      "maximum": 9007199254740991
    },
    "messages": {
      "isRequired": true,
      "must": "at most 16 messages, each base64 of at most 1024 bytes",
      "type": "array",
      "items": {
        "type": "string",
        "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        "x-base64Bytes": {
          "maximum": 1024
        }
      },
      "maxItems": 16
    }
  }
} as const satisfies FrameFields;
