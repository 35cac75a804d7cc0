// A client of server-sent events: the EventSource of npm, which resumes with Last-Event-ID by itself.
//
//   node sse.mjs '{"url": "…/api/v1/stream", "key": "…", "cutAfterBytes": [700, 1500], "untilEnded": 3}'
//
// cutAfterBytes breaks each of the first connections after so many bytes, wherever that is in an event.
import { EventSource } from 'eventsource';
import { isLast, print, settings } from './settings.mjs';

const cuts = [...(settings.cutAfterBytes ?? [])];

async function openAndCut(url, options) {
  if (settings.key) options.headers = { ...options.headers, Authorization: `Bearer ${settings.key}` };
  print({ kind: 'connecting', lastEventId: options.headers['Last-Event-ID'] ?? null });
  const connection = new AbortController();
  const response = await fetch(url, { ...options, signal: AbortSignal.any([options.signal, connection.signal]) });
  if (!response.body || cuts.length === 0) return response;
  const body = response.body.pipeThrough(cutter(cuts.shift(), connection));
  return { body, status: response.status, headers: response.headers, url: response.url, redirected: response.redirected };
}

function cutter(limit, connection) {
  let left = limit;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      print({ kind: 'cut' });
      controller.terminate();
      connection.abort();
    },
  });
}

const source = new EventSource(settings.url, { fetch: openAndCut });
source.onmessage = (message) => {
  const event = JSON.parse(message.data);
  print({ kind: 'message', id: message.lastEventId, event });
  if (!isLast(event)) return;
  source.close();
};
for (const kind of ['job.progress', 'position', 'reload', 'end']) {
  source.addEventListener(kind, (message) => print({ kind, id: message.lastEventId, event: JSON.parse(message.data) }));
}

source.onerror = (error) => {
  print({ kind: 'error', code: error.code ?? null });
  if (source.readyState === EventSource.CLOSED) print({ kind: 'closed' });
};
