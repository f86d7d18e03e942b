import { expect, test } from 'bun:test';
import { endpointUrlProblem } from './endpoint.ts';

test.each([
  ['https://example.com/ncsNotify', false],
  ['https://example.com:8443/a?b=c', false],
  ['http://10.0.0.1:8080/', true],
  ['https://10.0.0.1/', true],
])('HOOK16: %s may be an endpoint (private network allowed: %p)', (url, allowPrivateNetwork) => {
  expect(endpointUrlProblem(url, allowPrivateNetwork)).toBeUndefined();
});

test.each([
  ['', true],
  ['example.com', true],
  ['ftp://example.com/', true],
  ['file:///etc/passwd', true],
  ['javascript:alert(1)', true],
  ['http://example.com/', false],
  ['https://user@example.com/', true],
  ['https://user:word@example.com/', true],
  ['https://', true],
  [`https://example.com/${'x'.repeat(2048)}`, true],
])('HOOK16: %s may not', (url, allowPrivateNetwork) => {
  expect(endpointUrlProblem(url, allowPrivateNetwork)).toEqual(expect.any(String));
});
