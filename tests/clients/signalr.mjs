// A client of the hub: Microsoft's own. It resumes by subscribing after the last position that it has seen.
//
//   node signalr.mjs '{"url": "…/hubs/jobs", "key": "…", "follow": {"job": "…"}, "leaveAfter": [3, 2], "untilEnded": 1}'
//
// leaveAfter closes each of the first connections after so many events. A connection that breaks is opened again. times subscribes more than once; thenOnly
// takes another subscription in place of the first. schedules follows schedules instead.
import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { isLast, print, settings } from './settings.mjs';

const leaves = [...(settings.leaveAfter ?? [])];
let position = settings.follow.after;
let isDone = false;

async function connect() {
  const connection = new HubConnectionBuilder()
    .withUrl(settings.url, {
      transport: HttpTransportType[settings.transport ?? 'WebSockets'],
      ...(settings.key ? { accessTokenFactory: () => settings.key } : {}),
    })
    .configureLogging(LogLevel.None)
    .build();
  let left = leaves.shift() ?? Infinity;

  connection.on('JobEvent', (event, subscription) => {
    if (isDone || left === 0) return;
    print({ kind: 'JobEvent', subscription, event });
    position = settings.follow.job ? `${event.seq}` : (event.id ?? position);
    isDone = isLast(event);
    if (isDone || --left === 0) connection.stop();
  });
  for (const kind of ['JobProgress', 'Reload', 'ScheduleEvent']) connection.on(kind, (event, subscription) => print({ kind, subscription, event }));
  connection.on('Reload', (reload) => (position = reload.position));
  connection.on('NodeChanged', (event) => print({ kind: 'NodeChanged', event }));
  connection.onclose(() => {
    print({ kind: 'closed' });
    if (!isDone) comeBack();
  });

  await connection.start();
  print({ kind: 'connected', after: position ?? null });
  try {
    await subscribe(connection);
  } catch (error) {
    if (error.message.includes('HubException')) throw error;
    // Lost before the answer. Whoever hears of the close comes back, and nobody else: two would both print.
    print({ kind: 'error', message: error.message });
    await connection.stop();
  }
}

async function subscribe(connection) {
  for (let i = 0; i < (settings.times ?? 1); i++) {
    const subscribed = settings.schedules
      ? await connection.invoke('SubscribeSchedules', position ?? null)
      : await connection.invoke('Subscribe', { ...settings.follow, ...(position === undefined ? {} : { after: position }) });
    print({ kind: 'subscribed', ...subscribed });
    position ??= subscribed.position;
    if (settings.thenOnly) await changeTo(connection, subscribed.subscription);
  }
}

async function changeTo(connection, subscription) {
  await connection.invoke('Subscribe', settings.thenOnly);
  await connection.invoke('Unsubscribe', subscription);
  print({ kind: 'unsubscribed' });
}

async function comeBack() {
  try {
    await connect();
  } catch (error) {
    print({ kind: 'error', message: error.message });
    // A refusal is final; a server that is not there yet is asked again.
    if (error.message.includes('HubException')) process.exit(1);
    setTimeout(comeBack, 200);
  }
}

comeBack();
