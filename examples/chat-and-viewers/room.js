// One live channel: who watches it, and what they say. AgoraRTC and AgoraRTM come from the script tags of the page.
/** @type {typeof import('@housecount/rtc').default} */
const AgoraRTC = /** @type {any} */ (window).AgoraRTC;
/** @type {typeof import('@housecount/rtm').default} */
const AgoraRTM = /** @type {any} */ (window).AgoraRTM;

/** Names that are shown of the audience, whatever its size; the page pays for these alone. */
const shownMax = 50;
/** Lines of the chat that are kept in the page. */
const linesMax = 200;
/** Arrivals within this time share a line, milliseconds. */
const oneLineMs = 10_000;
/** Both SDKs warn at about the same time that their token ends; it is renewed once for both. Milliseconds. */
const renewedForMs = 2_000;

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);
/**
 * What the page knows while somebody is in; undefined at the entry.
 * @type {any}
 */
let room;

$('name').value = sessionStorage.getItem('name') ?? '';
$('name').focus();
if (!AgoraRTC || !AgoraRTM)
  showProblem('The Housecount server cannot be reached. Start it, and load this page again.');
$('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  void enter($('name').value.trim(), event.submitter?.value === 'host' ? 'host' : 'audience');
});
$('leave').addEventListener('click', () => void leave());
$('say').addEventListener('submit', (event) => {
  event.preventDefault();
  void say($('text').value.trim());
});
$('hand').addEventListener('click', () => void raiseHand($('hand').getAttribute('aria-pressed') !== 'true'));
// A closed tab leaves at once, instead of being missed after a while.
addEventListener('pagehide', () => void room?.rtm.logout());

// ---- coming and going --------------------------------------------------------------------------------------------

async function enter(name, role) {
  if (room) return;
  showProblem('');
  setBusy(true);
  let passing;
  try {
    const { appId, channel, token } = await askForToken(name, role);
    const rtc = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    const rtm = new AgoraRTM.RTM(appId, name);
    room = passing = { name, role, channel, rtc, rtm, tracks: [], states: new Map(), members: [], count: 0 };
    listen(passing);
    await rtm.login({ token });
    await rtc.join(appId, channel, token, name);
    await rtm.subscribe(channel);
    // While this was under way the same name may have entered elsewhere.
    if (room !== passing) return;
    sessionStorage.setItem('name', name);
    showRoom(passing);
    await Promise.all([showViewers(passing), showPast(passing), role === 'host' && goLive(passing)]);
  } catch (error) {
    if (!passing || room === passing) await leave(`You could not enter. ${error.reason ?? error.message}`);
  } finally {
    setBusy(false);
  }
}

async function leave(problem = '') {
  const left = room;
  room = undefined;
  for (const track of left?.tracks ?? []) track.close();
  await Promise.allSettled([left?.rtc.leave(), left?.rtm.logout()]);
  $('picture').replaceChildren();
  $('lines').replaceChildren();
  $('members').replaceChildren();
  $('hand').setAttribute('aria-pressed', 'false');
  $('room').hidden = true;
  $('entry').hidden = false;
  showProblem(problem);
  $('name').focus();
}

/** A token for both SDKs: never made in a page, for it needs the app's certificate. */
async function askForToken(name, role) {
  const answer = await fetch('token', { method: 'POST', body: JSON.stringify({ name, role }) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message);
  return body;
}

/** 30 s before its end a token is replaced by a new one, so that nobody has to come in again. */
async function renew(here) {
  if (room !== here || Date.now() - (here.renewedMs ?? 0) < renewedForMs) return;
  here.renewedMs = Date.now();
  try {
    const { token } = await askForToken(here.name, here.role);
    await Promise.all([here.rtc.renewToken(token), here.rtm.renewToken(token)]);
  } catch {
    // There is time for more attempts; whoever is out in the end is told so.
    setTimeout(() => void renew(here), renewedForMs);
  }
}

function listen(here) {
  const { rtc, rtm } = here;
  // A handler of somebody who has left says nothing.
  const whileHere =
    (handle) =>
    (...args) =>
      room === here && handle(here, ...args);
  rtc.on('user-published', whileHere(play));
  rtc.on('user-unpublished', whileHere(showPlaceholder));
  rtc.on('user-left', whileHere(showPlaceholder));
  rtc.on('roster-window', whileHere(onWindow));
  rtc.on('channel-count', whileHere(onCount));
  rtc.on('connection-state-change', whileHere(onConnection));
  rtc.on('token-privilege-will-expire', whileHere(renew));
  rtm.addEventListener('tokenPrivilegeWillExpire', whileHere(renew));
  rtm.addEventListener('linkState', whileHere(onLink));
  rtm.addEventListener('message', whileHere(onMessage));
  rtm.addEventListener('presence', whileHere(onPresence));
}

// ---- the picture -------------------------------------------------------------------------------------------------

async function goLive(here) {
  try {
    here.tracks = await AgoraRTC.createMicrophoneAndCameraTracks();
  } catch (error) {
    note(`You are live without camera and microphone: ${error.message}`);
  }
  await here.rtc.setClientRole('host');
  if (here.tracks.length === 0) return;
  await here.rtc.publish(here.tracks);
  for (const track of here.tracks) if (track.trackMediaType === 'video') track.play('picture');
  $('placeholder').hidden = true;
}

async function play(here, user, kind) {
  const track = await here.rtc.subscribe(user, kind);
  if (kind === 'audio') track.play();
  else track.play('picture');
  showPlaceholder(here);
}

function showPlaceholder({ rtc, role }) {
  const isLive = rtc.remoteUsers.some(({ hasVideo }) => hasVideo);
  $('placeholder').hidden = isLive;
  const isAnybodyOn = rtc.remoteUsers.length > 0;
  if (role === 'host') $('placeholder').textContent = 'You are live. Your camera is off.';
  else
    $('placeholder').textContent = isAnybodyOn
      ? 'The camera is off.'
      : 'Nobody is live yet. Stay, and say hello.';
}

// ---- who is there ------------------------------------------------------------------------------------------------

async function showViewers(here) {
  const window = await here.rtc.roster({ first: shownMax });
  onWindow(here, window);
  onCount(here, window);
}

function onWindow(here, { members }) {
  here.members = members;
  drawMembers(here);
}

function onCount(here, { count, audienceCount }) {
  here.count = count;
  $('watching').textContent = `${audienceCount.toLocaleString()} watching`;
  drawMore(here);
}

function drawMembers(here) {
  const items = here.members.map(({ uid, role }) => {
    const item = document.createElement('li');
    const isUp = here.states.get(String(uid))?.hand === 'up';
    item.dataset.role = role;
    // A long name is cut off.
    item.title = String(uid);
    item.textContent = `${isUp ? '✋ ' : ''}${uid}${role === 'host' ? ' · live' : ''}`;
    if (isUp) item.setAttribute('aria-label', `${uid} raised a hand`);
    return item;
  });
  $('members').replaceChildren(...items);
  drawMore(here);
}

function drawMore({ count, members }) {
  const more = count - members.length;
  $('more').hidden = more <= 0;
  $('more').textContent = `and ${more.toLocaleString()} more`;
}

async function raiseHand(up) {
  const here = room;
  try {
    if (up) await here.rtm.presence.setState(here.channel, 'MESSAGE', { hand: 'up' });
    else await here.rtm.presence.removeState(here.channel, 'MESSAGE', { states: ['hand'] });
    $('hand').setAttribute('aria-pressed', String(up));
    here.states.set(here.name, up ? { hand: 'up' } : {});
    drawMembers(here);
  } catch (error) {
    note(`Your hand stays as it is. ${error.reason}`);
  }
}

/** Who came and went, one by one in a small channel, and in sums (INTERVAL) in a large one. */
function onPresence(here, { eventType, publisher, stateChanged, snapshot, interval }) {
  switch (eventType) {
    case 'SNAPSHOT':
      here.states = new Map(snapshot.map(({ userId, states }) => [userId, states]));
      break;
    case 'REMOTE_JOIN':
      came(here, [publisher], 1);
      return;
    case 'REMOTE_LEAVE':
    case 'REMOTE_TIMEOUT':
      here.states.delete(publisher);
      return;
    case 'REMOTE_STATE_CHANGED':
      here.states.set(publisher, stateChanged);
      break;
    case 'INTERVAL':
      for (const { userId, states } of interval.userStateList) here.states.set(userId, states);
      for (const userId of [...interval.leave.users, ...interval.timeout.users]) here.states.delete(userId);
      if (interval.join.userCount > 0) came(here, interval.join.users, interval.join.userCount);
      break;
    default:
      return;
  }
  drawMembers(here);
}

// ---- the chat ----------------------------------------------------------------------------------------------------

/** What was said before, and what was said while the connection was lost. */
async function showPast({ rtm, channel }) {
  try {
    const { messageList } = await rtm.history.getMessages(channel, 'MESSAGE', { messageCount: 50 });
    const known = new Set(
      Array.from($('lines').children, (/** @type {HTMLElement} */ { dataset }) => dataset.key),
    );
    for (const { publisher, message, timestamp } of messageList) {
      const line = lineOf(publisher, message, timestamp);
      if (known.has(line.dataset.key)) continue;
      const next = Array.from($('lines').children).find(
        (/** @type {HTMLElement} */ { dataset }) => Number(dataset.at) > timestamp,
      );
      $('lines').insertBefore(line, next ?? null);
    }
    toTheEnd();
  } catch (error) {
    note(`What was said before cannot be read. ${error.reason}`);
  }
}

async function say(text) {
  if (text === '' || !room) return;
  const { rtm, channel } = room;
  $('text').value = '';
  try {
    // One's own message comes back like everybody else's, in its place.
    await rtm.publish(channel, text, { storeInHistory: true });
  } catch (error) {
    $('text').value ||= text;
    note(`That was not sent. ${error.reason}`);
  }
}

function onMessage(_, { publisher, message, timestamp }) {
  add(lineOf(publisher, message, timestamp));
}

/** Several who come at once share a line, so that the chat stays one. */
function came(here, names, count) {
  const { arrivals } = here;
  const isOpen =
    arrivals && arrivals.line === $('lines').lastElementChild && Date.now() - arrivals.atMs < oneLineMs;
  const all = isOpen ? [...arrivals.names, ...names].slice(0, 3) : names.slice(0, 3);
  const total = (isOpen ? arrivals.count : 0) + count;
  const line = isOpen ? arrivals.line : note('');
  const others = total - all.length;
  line.textContent =
    others > 0
      ? `${all.join(', ')} and ${others.toLocaleString()} ${others === 1 ? 'other' : 'others'} came`
      : `${listOf(all)} came`;
  here.arrivals = { line, names: all, count: total, atMs: isOpen ? arrivals.atMs : Date.now() };
}

const listOf = (names) => new Intl.ListFormat('en').format(names);

function lineOf(publisher, message, timestamp) {
  const line = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = publisher;
  line.append(name, typeof message === 'string' ? message : `${message.length} bytes`);
  line.title = new Date(timestamp).toLocaleTimeString();
  line.dataset.at = String(timestamp);
  line.dataset.key = `${timestamp} ${publisher}`;
  return line;
}

function note(text) {
  const line = document.createElement('li');
  line.className = 'note';
  line.dataset.at = String(Date.now());
  line.textContent = text;
  add(line);
  return line;
}

function add(line) {
  const lines = $('lines');
  const wasAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
  lines.append(line);
  while (lines.children.length > linesMax) lines.firstElementChild.remove();
  if (wasAtEnd) toTheEnd();
}

function toTheEnd() {
  $('lines').scrollTop = $('lines').scrollHeight;
}

// ---- the connection ----------------------------------------------------------------------------------------------

function onConnection(here, state, _, reason) {
  if (state === 'DISCONNECTED' && reason !== 'LEAVE') void leave(endOf(reason));
  else showLink(here);
}

function onLink(here, { currentState, reasonCode }) {
  if (currentState === 'FAILED') void leave(endOf(reasonCode));
  else showLink(here, currentState);
  if (currentState === 'CONNECTED' && reasonCode === 'RECONNECT_SUCCESS') void showPast(here);
}

function endOf(reason) {
  if (/UID_CONFLICT|SAME_UID_LOGIN/.test(reason)) return 'You entered with this name elsewhere.';
  if (/BANNED|KICKED/.test(reason)) return 'You were removed from the channel.';
  return `The connection has ended (${reason}).`;
}

function showLink(here, chat = here.chat) {
  here.chat = chat;
  const isThere = chat === 'CONNECTED' && here.rtc.connectionState === 'CONNECTED';
  $('link').textContent = isThere ? `You are ${here.name}` : 'Connecting …';
  $('link').toggleAttribute('data-lost', !isThere);
  for (const id of ['text', 'hand']) $(id).disabled = !isThere;
  $('say').querySelector('button').disabled = !isThere;
  $('text').placeholder = isThere ? 'Say something' : 'Connecting …';
}

function showRoom(here) {
  $('title').textContent = here.channel;
  $('entry').hidden = true;
  $('room').hidden = false;
  $('hand').hidden = here.role === 'host';
  showPlaceholder(here);
  showLink(here);
  $('text').focus();
}

function showProblem(text) {
  $('problem').hidden = text === '';
  $('problem').textContent = text;
}

function setBusy(isBusy) {
  for (const button of $('enter').querySelectorAll('button')) button.disabled = isBusy;
}
