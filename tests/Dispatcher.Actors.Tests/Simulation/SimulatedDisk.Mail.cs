using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>Messages between jobs, and watches: the contract's words, one by one, without an index.</summary>
public sealed partial class SimulatedDisk
{
    private readonly List<InboxMessage> _inbox = [];
    private readonly HashSet<WatchEdge> _watches = [];
    private long _messages;

    internal IReadOnlyList<InboxMessage> Inbox(JobId id)
    {
        lock (_gate) return [.. _inbox.Where(message => message.To == id)];
    }

    internal IReadOnlyList<WatchEdge> Watches(JobId id, int limit)
    {
        lock (_gate)
        {
            var watched = _watches.Where(edge => edge.Watched == id).OrderBy(edge => edge.Watcher);
            var watcher = _watches.Where(edge => edge.Watcher == id).OrderBy(edge => edge.Watched);
            return [.. watched.ThenBy(edge => edge.Kind, StringComparer.Ordinal).Concat(watcher.ThenBy(edge => edge.Kind, StringComparer.Ordinal)).Take(limit)];
        }
    }

    private void Consume(AppendRequest request)
    {
        var ends = request.Row?.Status.IsTerminal() == true;
        _inbox.RemoveAll(message => message.To == request.JobId && (ends || request.ConsumedMessages.Contains(message.Id)));
    }

    private List<JobId> Send(AppendRequest request)
    {
        var woken = new List<JobId>();
        foreach (var watch in request.Watches.DistinctBy(watch => watch.Watched))
        {
            var status = _rows.GetValueOrDefault(watch.Watched)?.Status ?? JobStatus.Cancelled;
            if (status.IsTerminal()) Send(request.JobId, watch.Watched, MessageKind.JobEnded, status, payload: default, woken);
        }

        if (request.ChildOf is { } parent) _watches.Add(new WatchEdge(request.JobId, parent, WatchKind.Child));
        foreach (var watch in request.Watches) _watches.Add(new WatchEdge(watch.Watched, request.JobId, watch.Kind));
        foreach (var message in request.Messages) Send(message.To, request.JobId, message.Kind, JobStatus.None, message.Payload, woken);
        if (request.Row is not { } row || !row.Status.IsTerminal() || request.StatusBefore.IsTerminal()) return woken;

        var watchers = _watches.Where(edge => edge.Watched == row.Id).Select(edge => edge.Watcher).Distinct().Order();
        foreach (var watcher in watchers) Send(watcher, row.Id, MessageKind.JobEnded, row.Status, request.EndNote, woken);
        return woken;
    }

    private void Send(JobId to, JobId from, string kind, JobStatus outcome, ReadOnlyMemory<byte> payload, List<JobId> woken)
    {
        if (!_rows.TryGetValue(to, out var receiver) || receiver.Status.IsTerminal()) return;
        _inbox.Add(new InboxMessage(++_messages, to, from, kind, outcome, payload.ToArray()));
        _rows[to] = receiver with { WakeAt = JobRow.Active };
        if (!woken.Contains(to)) woken.Add(to);
    }
}
