// A receiver of callbacks, as a real process. Verifies each one with the library of Standard Webhooks and writes one line of JSON about it.
//
//   node receiver.mjs SECRET...
//
// First line: {"listening": PORT}. On its standard input it takes what to do with callbacks from then on: a status to answer with, or `hang`.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Webhook } from 'standardwebhooks';

const webhooks = process.argv.slice(2).map((secret) => new Webhook(secret));
let answer = 204;

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** The body, verified with one secret, or the reason why not. */
function verify(webhook, body, headers) {
  try {
    return { verified: true, payload: webhook.verify(body, headers) };
  } catch (fault) {
    return { verified: false, reason: String(fault.message) };
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const results = webhooks.map((webhook) => verify(webhook, body, request.headers));
    tell({ id: request.headers['webhook-id'], path: request.url, answered: answer, verified: results.map((result) => result.verified), payload: results[0].payload, headers: request.headers });
    if (answer !== 'hang') response.writeHead(answer).end();
  });
});

createInterface({ input: process.stdin }).on('line', (line) => {
  answer = line === 'hang' ? 'hang' : Number(line);
  tell({ now: answer });
}).on('close', () => process.exit(0));

server.listen(0, '127.0.0.1', () => tell({ listening: server.address().port }));
