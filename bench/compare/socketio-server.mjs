// The usual socket.io server for the same task: everybody is in one room, a publisher's message goes to the room.
// It runs on Node, for which its authors develop it. WebSocket alone, no compression (its default).
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => {
  if (socket.handshake.query.publishes === undefined) socket.join('bench');
  socket.on('publish', (message, done) => {
    io.to('bench').emit('message', message);
    done();
  });
});
http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  console.log(`listening on ${typeof address === 'object' ? address?.port : address}`);
});
