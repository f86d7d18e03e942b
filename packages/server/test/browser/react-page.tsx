import { useChannel, useRoster, useViewers } from '@housecount/react';
import AgoraRTC, { type IAgoraRTCClient } from '@housecount/rtc';
import AgoraRTM, { type RTMClient } from '@housecount/rtm';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

/** Settings that the test gives the page before it starts. */
export interface ReactPageEntry {
  readonly server: string;
  readonly app: string;
  readonly channel: string;
  readonly userId: string;
  readonly rtmToken: string;
  readonly rtcToken: string;
}

declare global {
  interface Window {
    entry: ReactPageEntry;
    rtm: RTMClient;
    rtc: IAgoraRTCClient;
  }
}

const { server, app, channel, userId, rtmToken, rtcToken } = window.entry;
AgoraRTC.setParameter('HOUSECOUNT_URL', server);
AgoraRTM.setParameter('HOUSECOUNT_URL', server);
window.rtm = new AgoraRTM.RTM(app, userId);
window.rtc = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });

function Users() {
  const { status, users, occupancy, messages } = useChannel(window.rtm, channel);
  return (
    <section>
      <p id="status">{status}</p>
      <p id="occupancy">{occupancy}</p>
      <ul id="users">
        {[...users].map(([name, states]) => (
          <li key={name}>{`${name} ${states.role ?? ''}`.trim()}</li>
        ))}
      </ul>
      <ul id="messages">
        {messages.map(({ message, publisher, timestamp }) => (
          <li key={`${publisher} ${timestamp}`}>{`${publisher}: ${String(message)}`}</li>
        ))}
      </ul>
    </section>
  );
}

function Viewers() {
  const { isKnown, members, audienceCount, hostCount } = useViewers(window.rtc, 2);
  return <p id="viewers">{isKnown ? `${hostCount}/${audienceCount}/${members.length}` : 'unknown'}</p>;
}

function Roster() {
  const { isKnown, members, count, audienceCount } = useRoster(window.rtm, channel, { first: 2 });
  const names = members.map(({ userId }) => userId).join(' ');
  return <p id="roster">{isKnown ? `${count}/${audienceCount}: ${names}` : 'unknown'}</p>;
}

function Page() {
  const [isShown, setShown] = useState(true);
  return (
    <main>
      <button type="button" onClick={() => setShown(!isShown)}>
        show or hide
      </button>
      {isShown && <Users />}
      {isShown && <Users />}
      <Viewers />
      {isShown && <Roster />}
    </main>
  );
}

const root = document.body.appendChild(document.createElement('div'));
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
// After the components are there: they wait for the join and the login. In this order, for nobody is told of oneself but in
// the snapshot.
void window.rtc.join(app, channel, rtcToken, userId).then(() => window.rtm.login({ token: rtmToken }));
