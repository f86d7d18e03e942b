import { describe, expect, test } from 'bun:test';
import { fragmentCandidatesMax, fragmentOf, readFragment, restartedOffer } from './fragment.ts';

const candidate = 'candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host';

describe('trickle fragments', () => {
  test('WHIP6: candidates are read with their section', () => {
    const body = `a=ice-ufrag:abcd\r\na=ice-pwd:pwd\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=${candidate}\r\na=mid:1\r\na=${candidate}\r\na=end-of-candidates\r\n`;
    expect(readFragment(body)).toEqual({
      iceUfrag: 'abcd',
      icePwd: 'pwd',
      candidates: [
        { mid: '0', candidate },
        { mid: '1', candidate },
      ],
    });
  });

  test('WHIP6: only the end of candidates is a fragment, nothing at all is not', () => {
    expect(readFragment('a=end-of-candidates\r\n')).toEqual({ candidates: [] });
    expect(readFragment('')).toBeUndefined();
    expect(readFragment('{"candidate":1}')).toBeUndefined();
    expect(readFragment('m=audio 9 RTP/AVP 0\r\na=mid:0\r\n')).toBeUndefined();
  });

  test('WHIP6: more candidates than the limit are refused', () => {
    const lines = (count: number) => `a=${candidate}\r\n`.repeat(count);
    expect(readFragment(lines(fragmentCandidatesMax))?.candidates).toHaveLength(fragmentCandidatesMax);
    expect(readFragment(lines(fragmentCandidatesMax + 1))).toBeUndefined();
  });

  test('PARSE2: credentials are what ICE allows, and no pattern that makes an offer grow', () => {
    for (const bad of ["$'", '$&', 'a b', 'a=b', '', 'x'.repeat(257), 'a\u2028b'])
      for (const line of ['a=ice-ufrag:', 'a=ice-pwd:']) {
        const good = line === 'a=ice-pwd:' ? 'a=ice-ufrag:abcd' : 'a=ice-pwd:abcd';
        expect(readFragment(`${good}\r\n${line}${bad}\r\na=${candidate}\r\n`)).toBeUndefined();
      }
    const offer = `v=0\r\n${'a=ice-ufrag:x\r\na=ice-pwd:x\r\n'.repeat(450)}${'x'.repeat(15_000)}`;
    // Taken for a pattern this would have made 100 MB of each line.
    const iceUfrag = "$'".repeat(4_000);
    const restarted = restartedOffer(offer, { iceUfrag, icePwd: iceUfrag, candidates: [] });
    expect(restarted.length).toBeLessThan(offer.length + 900 * iceUfrag.length);
  });

  test('PARSE3: a lone carriage return ends no line of a fragment: it is refused', () => {
    expect(readFragment(`a=${candidate}\rm=video 9 X 96\r\n`)).toBeUndefined();
    expect(readFragment(`a=${candidate}\r`)).toBeUndefined();
    expect(readFragment(`a=${candidate}\n`)?.candidates).toHaveLength(1);
  });

  test('WHIP6: a restarted offer has the new credentials and candidates, and all else as before', () => {
    const offer = `v=0\r\ns=-\r\nm=audio 9 X 96\r\na=mid:0\r\na=ice-ufrag:old\r\na=ice-pwd:oldpwd\r\na=candidate:9 1 udp 1 127.0.0.1 1 typ host\r\na=sendonly\r\nm=video 9 X 97\r\na=mid:1\r\na=ice-ufrag:old\r\na=ice-pwd:oldpwd\r\na=sendonly\r\n`;
    const restarted = restartedOffer(offer, {
      iceUfrag: 'new',
      icePwd: 'newpwd',
      candidates: [{ mid: '0', candidate }],
    });
    expect(restarted).toBe(
      `v=0\r\ns=-\r\nm=audio 9 X 96\r\na=mid:0\r\na=ice-ufrag:new\r\na=ice-pwd:newpwd\r\na=sendonly\r\na=${candidate}\r\nm=video 9 X 97\r\na=mid:1\r\na=ice-ufrag:new\r\na=ice-pwd:newpwd\r\na=sendonly\r\n`,
    );
  });

  test('WHIP6: the answer to a restart is the credentials and candidates of the answer', () => {
    const answer = `v=0\r\nm=audio 9 X 96\r\na=mid:0\r\na=rtpmap:96 opus/48000\r\na=ice-ufrag:s\r\na=ice-pwd:p\r\na=${candidate}\r\n`;
    expect(fragmentOf(answer)).toBe(
      `m=audio 9 X 96\r\na=mid:0\r\na=ice-ufrag:s\r\na=ice-pwd:p\r\na=${candidate}\r\n`,
    );
  });
});
