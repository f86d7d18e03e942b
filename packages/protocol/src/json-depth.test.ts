import { expect, test } from 'bun:test';
import { frameDepthMax, isDeeper, parseClientFrame, parseSignalingFrame } from './index.ts';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

test('PARSE4: how deep a JSON text is nested is seen without reading it', () => {
  expect(isDeeper('7', 0)).toBe(false);
  expect(isDeeper(nested(3), 3)).toBe(false);
  expect(isDeeper(nested(4), 3)).toBe(true);
  expect(isDeeper('{"a":{"b":[1]}}', 2)).toBe(true);
  expect(isDeeper(`[${'[],'.repeat(1_000)}{}]`, 2)).toBe(false);
  expect(isDeeper('["[[[[", "\\"[[[["]', 1)).toBe(false);
  expect(isDeeper('["\\\\", [1]]', 1)).toBe(true);
});

test('PARSE4: a frame that is nested too deep is refused before it is read', () => {
  let parsed = 0;
  const { parse } = JSON;
  JSON.parse = (...args) => {
    parsed += 1;
    return parse(...args);
  };
  try {
    for (const read of [parseClientFrame, parseSignalingFrame])
      for (const depth of [frameDepthMax, 15_000])
        expect(read(`{"type":"ping","x":${nested(depth)}}`)).toMatchObject({
          ok: false,
          code: 'frame_invalid',
        });
  } finally {
    JSON.parse = parse;
  }
  expect(parsed).toBe(0);
});
