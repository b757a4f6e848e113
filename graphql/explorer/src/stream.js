// A subscription as server-sent events, one request each (graphql-sse's
// "distinct connections"): unlike a WebSocket, such a request carries the
// cookie under the same rules as any other and can state purpose and case.
// GraphiQL takes an observable and stops it by unsubscribing.
export function follow(open, result, refusal) {
  return {
    subscribe(observer) {
      const stop = new AbortController();
      read(() => open(stop.signal), result, observer).catch((error) => {
        if (stop.signal.aborted) return;
        observer.next(refusal(error.message));
        observer.complete();
      });
      return { unsubscribe: () => stop.abort() };
    },
  };
}

async function read(open, result, observer) {
  const response = await open();
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    observer.next(await result(response));
    observer.complete();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const frames = (waiting + value).split(/\r?\n\r?\n/);
    waiting = frames.pop();
    frames.forEach((frame) => deliver(frame, observer));
  }
  observer.complete();
}

function deliver(frame, observer) {
  const lines = frame.split(/\r?\n/);
  const field = (name) =>
    lines
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim())
      .join('\n');
  if (field('event') === 'next') observer.next(JSON.parse(field('data')));
}
