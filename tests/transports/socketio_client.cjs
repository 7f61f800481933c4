// The official Socket.IO client, told by lines of JSON what to do, and telling what it sees.
// Arguments: the package.json beside whose node_modules the client is, and the options of the connection.
const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");

const { io } = createRequire(process.argv[2])("socket.io-client");
const { url, ...options } = JSON.parse(process.argv[3]);
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const socket = io(url, options);
socket.on("connect", () => tell({ connected: socket.io.engine.transport.name }));
socket.on("connect_error", (error) => tell({ refused: error.message, data: error.data ?? null }));
socket.on("disconnect", (reason) => tell({ disconnected: reason, active: socket.active }));
socket.io.engine.on("upgrade", (transport) => tell({ upgraded: transport.name }));
socket.onAny((event, frame) => tell({ event, frame }));

const lines = createInterface({ input: process.stdin });
lines.on("close", () => socket.disconnect());
lines.on("line", (line) => {
  const { verb, data, number, drop } = JSON.parse(line);
  if (drop) socket.io.engine.close();
  else if (number === null) socket.emit(verb, data);
  else socket.emit(verb, data, (reply) => tell({ number, reply }));
});
