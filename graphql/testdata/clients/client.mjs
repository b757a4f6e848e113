// npm graphql-ws or graphql-sse as a client that a test steers: one JSON command a line on standard
// input, one JSON line for whatever happens on standard output.
//
// Both clients send the same variables object again when they come back after a lost connection, so
// moving afterCursor on in it with each event is all that resuming takes.
import { createInterface } from 'node:readline';
import { createClient as overSocket } from 'graphql-ws';
import { createClient as overEvents } from 'graphql-sse';
import WebSocket from 'ws';

const [kind, url, token] = process.argv.slice(2);
const tell = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const retryWait = () => new Promise((done) => setTimeout(done, 20));

const pause = { gate: Promise.resolve(), open: () => {}, sockets: new Set() };

class Socket extends WebSocket {
  constructor(...args) {
    super(...args);
    pause.sockets.add(this);
    this.on('close', () => pause.sockets.delete(this));
  }
}

// A body whose reader can be stopped.
async function gated(at, init) {
  const answer = await fetch(at, init);
  if (!answer.body) return answer;
  const reader = answer.body.getReader();
  const body = new ReadableStream(
    {
      async pull(controller) {
        await pause.gate;
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (why) => reader.cancel(why),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: answer.status, headers: answer.headers });
}

const client =
  kind === 'ws'
    ? overSocket({
        url,
        webSocketImpl: Socket,
        connectionParams: { token },
        lazyCloseTimeout: 60_000, // the server's close code is what a test looks at
        retryAttempts: 20,
        retryWait,
        shouldRetry: () => true,
        on: { connected: () => tell({ connected: true }), closed: (e) => tell({ closed: e.code, reason: e.reason }) },
      })
    : overEvents({
        url,
        fetchFn: gated,
        headers: { authorization: `Bearer ${token}` },
        retryAttempts: 20,
        retry: retryWait,
        on: { connected: () => tell({ connected: true }) },
      });

const running = new Map();

const commands = {
  subscribe({ name, query, variables = {} }) {
    running.set(
      name,
      client.subscribe(
        { query, variables },
        {
          next(result) {
            const cursor = result.data?.events?.cursor;
            if (cursor) {
              variables.afterCursor = cursor;
              delete variables.after;
            }
            tell({ name, next: result });
          },
          error: (e) => tell({ name, error: Array.isArray(e) ? e : { code: e.code, message: e.reason ?? e.message } }),
          complete: () => tell({ name, complete: true }),
        },
      ),
    );
  },
  end: ({ name }) => running.get(name)(),
  pause() {
    pause.gate = new Promise((open) => (pause.open = open));
    for (const s of pause.sockets) s.pause();
  },
  resume() {
    pause.open();
    for (const s of pause.sockets) s.resume();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  commands[command.do](command);
}
process.exit(0);
