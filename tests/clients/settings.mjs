// What the clients have in common: settings as one JSON argument, and one JSON line for everything that comes.

export const settings = JSON.parse(process.argv[2]);

export function print(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

let ended = 0;

/** True when as many jobs have ended as the test waits for. */
export function isLast(event) {
  if (/^job\.(completed|failed|cancelled|rejected)$/.test(event.type)) ended++;
  return ended === settings.untilEnded;
}
