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
