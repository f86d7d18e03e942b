/** Maps the state of ICE to that of the whole connection: the DTLS handshake that follows ICE is not seen. */
const ofIce: Readonly<Record<RTCIceConnectionState, RTCPeerConnectionState>> = {
  new: 'new',
  checking: 'connecting',
  connected: 'connected',
  completed: 'connected',
  disconnected: 'disconnected',
  failed: 'failed',
  closed: 'closed',
};

/** The state of a connection; Firefox before 113 has that of its ICE alone. */
export function connectionState(connection: RTCPeerConnection): RTCPeerConnectionState {
  return 'connectionState' in connection
    ? connection.connectionState
    : ofIce[(connection as RTCPeerConnection).iceConnectionState];
}

/** Calls `act` with each state after the one before, until the function returned is called. */
export function onConnectionState(
  connection: RTCPeerConnection,
  act: (current: RTCPeerConnectionState, previous: RTCPeerConnectionState) => void,
): () => void {
  const type = 'connectionState' in connection ? 'connectionstatechange' : 'iceconnectionstatechange';
  let previous = connectionState(connection);
  const onChange = (): void => {
    const current = connectionState(connection);
    if (current === previous) return;
    const before = previous;
    previous = current;
    act(current, before);
  };
  connection.addEventListener(type, onChange);
  return () => connection.removeEventListener(type, onChange);
}
