// Loaded before Azurite by infra/local/Azurite.cs. Azurite must not outlive the process that started it,
// not even when that one is killed hard: its end of our standard input closes then, and we stop.
'use strict';

const http = require('node:http');
const servers = [];
const createServer = http.createServer;
http.createServer = (...options) => {
  servers.push(createServer(...options));
  return servers.at(-1);
};

const keepsData = !process.argv.includes('--inMemoryPersistence');

process.stdin.on('end', () => {
  if (!keepsData) {
    process.exit(0);
  }
  setTimeout(() => process.exit(1), 5000).unref();
  process.kill(process.pid, 'SIGTERM'); // Azurite writes its databases out on this signal
  // It only half closes idle connections, and the clients would keep their halves for a minute.
  setInterval(() => servers.forEach(server => server.closeIdleConnections()), 50).unref();
});
process.stdin.on('error', () => process.exit(1));
process.stdin.resume();
process.stdin.unref();

// Ctrl+C in a terminal reaches every process in the group, but storage has to stay until its parent has
// finished its work: only the closing of standard input stops it.
process.on('SIGINT', () => {});
process.on('newListener', (event, listener) => {
  if (event === 'SIGINT') {
    setImmediate(() => process.removeListener('SIGINT', listener));
  }
});
