#!/usr/bin/env python3
"""A worker for Dispatcher with nothing but Python's standard library. Replace handle() by your own work; the rest is the protocol of docs/workers.md.

    DISPATCHER_URL=http://127.0.0.1:5080 DISPATCHER_KEY=dk_... python3 worker.py --queue demo --concurrency 4
"""
import argparse, hashlib, json, os, random, signal, socket, sys, threading, time, urllib.error, urllib.parse, urllib.request

ANSWER_FOR_SECONDS = 15 * 60  # how long an answer is given again while the server cannot be reached
FINISH_WITHIN_SECONDS = 30    # how long running tasks may go on after SIGTERM
COME_AGAIN = (0, 429, 500, 502, 503, 504, 507)


class TaskFailed(Exception):
    """Raise it to say how a task failed: transient (tried again), timeout, invalid-input or permanent."""

    def __init__(self, message, error_class="transient", code=None, retry_after=None):
        super().__init__(message)
        self.error_class, self.code, self.retry_after = error_class, code, retry_after


class Stopped(Exception):
    """Raised out of Task.sleep when the server asked the task to stop."""


def handle(task):
    """Your work: gets a Task, returns the output as JSON data. In long loops look at task.stop.is_set()."""
    data = task.input or {}
    if task.name == "echo":
        return data
    if task.name == "sleep":
        for tenth in range(10):
            task.progress(tenth * 10)
            task.sleep(float(data.get("seconds", 1)) / 10)
        return {"slept": data.get("seconds", 1)}
    if task.name == "wait":
        while not os.path.exists(data["file"]):
            task.sleep(0.02)
        return {"attempt": task.attempt}
    if task.name == "sha256":
        return {"sha256": hashlib.sha256(data["text"].encode()).hexdigest()}
    if task.name == "file":
        return {"sha256": task.upload(data["path"], data["text"].encode())["sha256"]}
    if task.name == "fail" and task.attempt >= data.get("until_attempt", 1 << 30):
        return {"attempt": task.attempt}
    if task.name == "fail":
        raise TaskFailed(data.get("message", "asked to fail"), data.get("class", "transient"), data.get("code"), data.get("retry_after"))
    raise TaskFailed(f"this worker knows no task '{task.name}'", "permanent", "UNKNOWN_TASK")


class Server:
    """Calls of the API. What finds nobody, or a server that is busy or restarting, can be given again with growing pauses."""

    def __init__(self):
        self.url = os.environ.get("DISPATCHER_URL", "http://127.0.0.1:5080").rstrip("/") + "/api/v1/workers/"
        key = os.environ.get("DISPATCHER_KEY")
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def call(self, path, body, wait=30, method="POST", try_for=0):
        """Returns (status, answer); status 0 means that nobody was reached within try_for seconds."""
        raw = isinstance(body, bytes)
        headers = {**self.headers, "Content-Type": "application/octet-stream" if raw else "application/json"}
        until, pause = time.monotonic() + try_for, 0.2
        while True:
            status, answer = send(urllib.request.Request(self.url + path, body if raw else json.dumps(body).encode(), headers, method=method), wait)
            if status not in COME_AGAIN or time.monotonic() + pause > until:
                return status, answer
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, 10)


def send(request, wait):
    try:
        with urllib.request.urlopen(request, timeout=wait) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode(errors="replace")
    except (OSError, ValueError, EOFError) as fault:  # refused, reset, timed out, or cut off half-way
        return 0, str(fault)


class Task:
    """One leased task. Everything that is said of it carries its lease."""

    def __init__(self, server, lease):
        self.server, self.lease, self.name, self.attempt = server, lease["lease"], lease["task"], lease["attempt"]
        self.input, self.checkpoint, self.key = lease.get("input"), lease.get("checkpoint"), lease["idempotency_key"]
        self.heartbeat = lease["heartbeat_ms"] / 1000
        self.heartbeat_due = time.monotonic() + self.heartbeat
        self.stop = threading.Event()  # set when the server wants no answer any more
        self.report, self.is_over = {}, False

    def progress(self, percent, message=None):
        self.report = {**self.report, "progress": percent, "message": message}

    def save(self, checkpoint):
        """Durable after the next heartbeat; a later attempt finds it in task.checkpoint."""
        self.report = {**self.report, "checkpoint": checkpoint}

    def sleep(self, seconds):
        if self.stop.wait(seconds):
            raise Stopped

    def upload(self, path, content):
        status, answer = self.server.call(f"artifacts/{self.lease}/{urllib.parse.quote(path)}", content, wait=300, method="PUT", try_for=60)
        if status != 200:
            raise TaskFailed(f"the upload of {path} was answered {status}: {answer}")
        return answer


class Worker:
    def __init__(self, server, queues, name, concurrency):
        self.server, self.queues, self.name, self.concurrency = server, queues, name, concurrency
        self.running, self.changed, self.draining = set(), threading.Condition(), False

    def run(self):
        """Leases until it is told to drain, then lets what runs finish."""
        threading.Thread(target=self.send_heartbeats, daemon=True).start()
        pause = 0.5
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.draining or len(self.running) < self.concurrency)
                if self.draining:
                    break
                capacity = self.concurrency - len(self.running)
            status, answer = self.server.call("lease", {"queues": self.queues, "worker": self.name, "capacity": capacity, "wait_ms": 30_000}, wait=45)
            if status != 200:
                log(f"no tasks: {status} {answer}")
                with self.changed:
                    self.changed.wait_for(lambda: self.draining, pause)
                pause = min(pause * 2, 15)
                continue
            pause = 0.5
            for task in [Task(self.server, lease) for lease in answer["leases"]]:  # also if draining began meanwhile: these are ours now
                with self.changed:
                    self.running.add(task)
                    self.changed.notify_all()
                threading.Thread(target=self.work, args=(task,), daemon=True).start()
        self.finish()

    def drain(self):
        """Takes no more tasks, and tells the server so, which answers the poll that waits."""
        with self.changed:
            self.draining = True
            self.changed.notify_all()
        log("draining")
        self.server.call("lease", {"queues": self.queues, "worker": self.name, "drain": True})

    def finish(self):
        with self.changed:
            self.changed.wait_for(lambda: not self.running, FINISH_WITHIN_SECONDS)
            left = [task for task in self.running if not task.is_over]
        for task in left:  # given up: another worker tries again, at the cost of this attempt
            task.stop.set()
            error = {"class": "transient", "code": "WORKER_STOPPED", "message": f"worker {self.name} was stopped"}
            self.server.call("fail", {"lease": task.lease, "error": error}, try_for=5)
        log("stopped")

    def work(self, task):
        log(f"started {task.key} attempt {task.attempt}")
        path, body = "complete", {"lease": task.lease}
        try:
            body["output"] = handle(task)
        except TaskFailed as failed:
            path, body["retry_after"] = "fail", failed.retry_after
            body["error"] = {"class": failed.error_class, "code": failed.code, "message": str(failed)}
        except Exception as fault:
            path, body["error"] = "fail", {"class": "transient", "message": f"{type(fault).__name__}: {fault}"}
        task.is_over = True
        if not task.stop.is_set():
            status, answer = self.server.call(path, body, try_for=ANSWER_FOR_SECONDS)
            log(f"{path} {task.key} attempt {task.attempt}: {status}{'' if status == 200 else ' ' + answer}")
        with self.changed:
            self.running.discard(task)
            self.changed.notify_all()

    def send_heartbeats(self):
        """One request for all tasks that are due. One that does not arrive is soon followed by the next."""
        while True:
            with self.changed:
                now = time.monotonic()
                due = [task for task in self.running if task.heartbeat_due <= now][:100]
                if not due:
                    self.changed.wait(min((task.heartbeat_due - now for task in self.running), default=None))
                    continue
            reports = [task.report for task in due]
            status, answer = self.server.call("heartbeat", {"leases": [{"lease": task.lease, **report} for task, report in zip(due, reports)]}, wait=10)
            for task, report, said in zip(due, reports, answer["leases"] if status == 200 else [None] * len(due)):
                task.heartbeat_due = time.monotonic() + (task.heartbeat if said else min(1, task.heartbeat))
                if said and said["status"] != "ok" and not task.stop.is_set():
                    log(f"{said['status']} {task.key} attempt {task.attempt}")
                    task.stop.set()
                if said and task.report is report:
                    task.report = {}


def log(message):
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def main():
    options = argparse.ArgumentParser(description="A worker for Dispatcher. Demo tasks: echo, sleep, wait, sha256, file, fail.")
    options.add_argument("--queue", action="append", required=True, help="a queue to take tasks from; may be given several times")
    options.add_argument("--concurrency", type=int, default=4, help="tasks at once (4)")
    options.add_argument("--name", default=f"{socket.gethostname()}-{os.getpid()}", help="what this worker calls itself")
    given = options.parse_args()
    worker = Worker(Server(), given.queue, given.name, given.concurrency)
    for number in (signal.SIGTERM, signal.SIGINT):  # in a thread of its own: a signal may come while this one holds the lock
        signal.signal(number, lambda *_: threading.Thread(target=worker.drain, daemon=True).start())
    worker.run()


if __name__ == "__main__":
    main()
