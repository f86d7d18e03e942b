import { expect, test } from 'bun:test';
import type { Endpoint } from '@housecount/client';
import { noticeTypeNumbers } from '@housecount/protocol';
import { bodyOf, changesOf, draftOf, emptyDraft, gapsProblem, headersProblem } from './endpoint-draft.ts';

const endpoint: Endpoint = {
  endpointId: 'e',
  app: 'a',
  source: 'managed',
  url: 'https://example.com/n',
  description: 'Billing',
  events: [105, 106],
  channels: ['lobby', 'live-*'],
  format: 'standard',
  retry: [5, 120],
  redeliverGivenUp: true,
  headerNames: ['X-Key'],
  allowPrivateNetwork: false,
  secrets: [],
  state: 'running',
  through: 0,
  backlog: 0,
  inFlight: 0,
  outstanding: 0,
  givenUp: 0,
  lost: 0,
};

test('DEMO15: a form that was not touched changes nothing', () => {
  expect(changesOf(endpoint, draftOf(endpoint))).toEqual({});
  const plain = {
    ...endpoint,
    events: noticeTypeNumbers,
    retry: 'agora' as const,
    headerNames: [],
    channels: [],
  };
  expect(changesOf(plain, draftOf(plain))).toEqual({});
});

test('DEMO15: only what was changed is sent, so that what another person changes meanwhile stays', () => {
  const draft = draftOf(endpoint);
  expect(changesOf(endpoint, { ...draft, url: ' https://example.org/n ' })).toEqual({
    url: 'https://example.org/n',
  });
  expect(changesOf(endpoint, { ...draft, events: [], channels: [] })).toEqual({
    events: noticeTypeNumbers,
    channels: [],
  });
  expect(changesOf(endpoint, { ...draft, redeliverGivenUp: false })).toEqual({ redeliverGivenUp: false });
  expect(changesOf(endpoint, { ...draft, gaps: '5 s, 3 min' })).toEqual({ retry: [5, 180] });
  expect(changesOf(endpoint, { ...draft, retry: 'agora', format: 'agora' })).toEqual({
    retry: 'agora',
    format: 'agora',
  });
});

test('DEMO15: header values that nobody sees stay unless the headers are set anew', () => {
  const draft = draftOf(endpoint);
  expect(draft.headers).toBeUndefined();
  expect(bodyOf(draft)).not.toHaveProperty('headers');
  const headers = [
    { name: ' X-Key ', value: ' b ' },
    { name: '', value: '' },
  ];
  expect(changesOf(endpoint, { ...draft, headers })).toEqual({ headers: { 'X-Key': 'b' } });
  expect(changesOf(endpoint, { ...draft, headers: [] })).toEqual({ headers: {} });
});

test('DEMO15: a new endpoint has the durable plan unless it says otherwise, and bad gaps are told', () => {
  const draft = { ...emptyDraft, url: 'https://example.com' };
  expect(bodyOf(draft)).toMatchObject({ retry: 'standard', redeliverGivenUp: true });
  expect(bodyOf(draft)).toMatchObject({ events: noticeTypeNumbers, headers: {} });
  expect(bodyOf({ ...draft, retry: 'gaps', gaps: '' })).toMatchObject({ retry: [] });
  expect(gapsProblem({ ...draft, gaps: 'soon' })).toBeUndefined();
  expect(gapsProblem({ ...draft, retry: 'gaps', gaps: 'soon' })).toContain('soon');
});

test('DEMO15: headers without a name or a value, or twice there, are told before they are sent', () => {
  const problem = (...pairs: [string, string][]) =>
    headersProblem({ ...emptyDraft, headers: pairs.map(([name, value]) => ({ name, value })) });
  expect(problem(['X-A', '1'], ['', ' '], ['X-B', '2'])).toBeUndefined();
  expect(problem(['', '1'])).toContain('name');
  expect(problem(['X-A', ''])).toContain('X-A needs a value');
  expect(problem(['X-A', '1'], ['x-a ', '2'])).toContain('twice');
  expect(headersProblem({ ...emptyDraft, headers: undefined })).toBeUndefined();
});
