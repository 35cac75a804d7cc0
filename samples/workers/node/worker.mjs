#!/usr/bin/env node
// A worker for Dispatcher in Node 18 or newer, without dependencies. Replace handle() by your own work; the rest is the protocol of docs/workers.md.
//
//     DISPATCHER_URL=http://127.0.0.1:5080 DISPATCHER_KEY=dk_... node worker.mjs --queue demo --concurrency 4
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';

const answerForMs = 15 * 60_000; // how long an answer is given again while the server cannot be reached
const finishWithinMs = 30_000; // how long running tasks may go on after SIGTERM
const comeAgain = new Set([0, 429, 500, 502, 503, 504, 507]);

/** Throw it to say how a task failed: transient (tried again), timeout, invalid-input or permanent. */
class TaskFailed extends Error {
  constructor(message, errorClass = 'transient', code, retryAfter) {
    super(message);
    Object.assign(this, { errorClass, code, retryAfter });
  }
}

/** Your work: gets a task, returns its output as JSON data. task.stop is an AbortSignal: hand it on to what takes long. */
async function handle(task) {
  const data = task.input ?? {};
  switch (task.name) {
    case 'echo':
      return data;
    case 'sleep':
      for (let tenth = 0; tenth < 10; tenth++) {
        task.progress(tenth * 10);
        await delay((data.seconds ?? 1) * 100, undefined, { signal: task.stop });
      }
      return { slept: data.seconds ?? 1 };
    case 'wait':
      while (!existsSync(data.file)) await delay(20, undefined, { signal: task.stop });
      return { attempt: task.attempt };
    case 'sha256':
      return { sha256: createHash('sha256').update(data.text).digest('hex') };
    case 'file':
      return { sha256: (await task.upload(data.path, Buffer.from(data.text))).sha256 };
    case 'fail':
      if (task.attempt >= (data.until_attempt ?? Infinity)) return { attempt: task.attempt };
      throw new TaskFailed(data.message ?? 'asked to fail', data.class, data.code, data.retry_after);
    default:
      throw new TaskFailed(`this worker knows no task '${task.name}'`, 'permanent', 'UNKNOWN_TASK');
  }
}

const { values: given } = parseArgs({
  options: {
    queue: { type: 'string', multiple: true },
    concurrency: { type: 'string', default: '4' },
    name: { type: 'string', default: `${hostname()}-${process.pid}` },
  },
});
if (!given.queue) {
  console.error('usage: worker.mjs --queue NAME [--queue NAME ...] [--concurrency 4] [--name NAME]');
  process.exit(2);
}

const base = `${(process.env.DISPATCHER_URL ?? 'http://127.0.0.1:5080').replace(/\/$/, '')}/api/v1/workers/`;
const authorization = process.env.DISPATCHER_KEY ? { authorization: `Bearer ${process.env.DISPATCHER_KEY}` } : {};
const concurrency = Number(given.concurrency);
const running = new Set();
let draining = false;
let wake = () => {};

/** Calls the API; { status: 0 } means that nobody was reached within tryForMs. Pauses between tries grow. */
async function call(path, body, { waitMs = 30_000, method = 'POST', tryForMs = 0 } = {}) {
  const raw = body instanceof Uint8Array;
  const headers = { ...authorization, 'content-type': raw ? 'application/octet-stream' : 'application/json' };
  const until = performance.now() + tryForMs;
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 10_000)) {
    const answer = await send(base + path, { method, headers, body: raw ? body : JSON.stringify(body), signal: AbortSignal.timeout(waitMs) });
    if (!comeAgain.has(answer.status) || performance.now() + pauseMs > until) return answer;
    await delay(pauseMs * (0.5 + Math.random() / 2));
  }
}

async function send(url, request) {
  try {
    const response = await fetch(url, request);
    const text = await response.text();
    return response.ok ? { status: response.status, body: JSON.parse(text) } : { status: response.status, fault: text };
  } catch (fault) {
    return { status: 0, fault: fault.cause?.message ?? fault.message }; // refused, reset, timed out, or cut off half-way
  }
}

/** One leased task. Everything that is said of it carries its lease. */
class Task {
  #stopper = new AbortController();
  stop = this.#stopper.signal; // aborted when the server wants no answer any more
  report = {};
  isOver = false;

  constructor(lease) {
    Object.assign(this, { lease: lease.lease, name: lease.task, attempt: lease.attempt, input: lease.input, checkpoint: lease.checkpoint });
    this.key = lease.idempotency_key;
    this.timer = setInterval(() => this.heartbeat(), lease.heartbeat_ms);
  }

  progress(percent, message) {
    this.report = { ...this.report, progress: percent, message };
  }

  /** Durable after the next heartbeat; a later attempt finds it in task.checkpoint. */
  save(checkpoint) {
    this.report = { ...this.report, checkpoint };
  }

  async upload(path, content) {
    const url = `artifacts/${this.lease}/${path.split('/').map(encodeURIComponent).join('/')}`;
    const answer = await call(url, content, { method: 'PUT', waitMs: 300_000, tryForMs: 60_000 });
    if (answer.status !== 200) throw new TaskFailed(`the upload of ${path} was answered ${answer.status}: ${answer.fault}`);
    return answer.body;
  }

  /** One that does not arrive is followed by the next: a lease lasts three of them. */
  async heartbeat() {
    const report = this.report;
    const { body } = await call('heartbeat', { leases: [{ lease: this.lease, ...report }] }, { waitMs: 10_000 });
    const status = body?.leases[0].status;
    if (status && this.report === report) this.report = {};
    if (!status || status === 'ok' || this.stop.aborted) return;
    log(`${status} ${this.key} attempt ${this.attempt}`);
    this.end();
  }

  end() {
    this.#stopper.abort();
    clearInterval(this.timer);
  }
}

async function work(task) {
  log(`started ${task.key} attempt ${task.attempt}`);
  let [path, body] = ['complete', {}];
  try {
    body = { output: await handle(task) };
  } catch (fault) {
    const failed = fault instanceof TaskFailed;
    const error = { class: failed ? fault.errorClass : 'transient', code: fault instanceof TaskFailed ? fault.code : undefined, message: failed ? fault.message : `${fault}` };
    [path, body] = ['fail', { error, retry_after: fault.retryAfter }];
  }
  task.isOver = true;
  if (!task.stop.aborted) {
    const { status, fault } = await call(path, { lease: task.lease, ...body }, { tryForMs: answerForMs });
    log(`${path} ${task.key} attempt ${task.attempt}: ${status} ${fault ?? ''}`);
  }
  task.end();
  running.delete(task);
  wake();
}

/** Leases until it is told to drain, then lets what runs finish. */
async function run() {
  for (let pauseMs = 500; !draining; ) {
    if (running.size >= concurrency) {
      await new Promise((resolve) => (wake = resolve));
      continue;
    }
    const request = { queues: given.queue, worker: given.name, capacity: concurrency - running.size, wait_ms: 30_000 };
    const { status, body, fault } = await call('lease', request, { waitMs: 45_000 });
    if (status !== 200) {
      log(`no tasks: ${status} ${fault}`);
      await Promise.race([delay(pauseMs), new Promise((resolve) => (wake = resolve))]);
      pauseMs = Math.min(pauseMs * 2, 15_000);
      continue;
    }
    pauseMs = 500;
    for (const task of body.leases.map((lease) => new Task(lease))) { // also if draining began meanwhile: these are ours now
      running.add(task);
      work(task);
    }
  }
  for (const until = performance.now() + finishWithinMs; running.size && performance.now() < until; ) await delay(50);
  for (const task of [...running].filter((task) => !task.isOver)) { // given up: another worker tries again, at the cost of this attempt
    task.end();
    const error = { class: 'transient', code: 'WORKER_STOPPED', message: `worker ${given.name} was stopped` };
    await call('fail', { lease: task.lease, error }, { tryForMs: 5_000 });
  }
  log('stopped');
  process.exit(0);
}

/** Takes no more tasks, and tells the server so, which answers the poll that waits. */
async function drain() {
  draining = true;
  wake();
  log('draining');
  await call('lease', { queues: given.queue, worker: given.name, drain: true });
}

function log(message) {
  console.error(`${new Date().toTimeString().slice(0, 8)} ${message}`);
}

process.on('SIGTERM', drain);
process.on('SIGINT', drain);
run();
