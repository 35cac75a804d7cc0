using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>What is durable in a simulation: it outlives the stores that are opened on it, and several nodes may share it.</summary>
public sealed class SimulatedDisk
{
    private readonly HashSet<long> _fenced = [];
    private readonly Dictionary<JobId, ImmutableList<StoredEvent>> _journal = [];
    private readonly Dictionary<Claim, JobId> _claims = [];
    private readonly Dictionary<JobId, (EncodedSnapshot Snapshot, long SequenceNr)> _snapshots = [];
    private readonly Dictionary<string, StoredWorkflow> _workflows = new(StringComparer.Ordinal);
    private readonly SortedDictionary<JobId, JobRow> _rows = [];
    private readonly Lock _gate = new();
    private long _incarnations;
    private long _ordering;

    /// <summary>The whole journal in the order in which it was written, for checkers.</summary>
    public IReadOnlyList<(JobId Id, StoredEvent Event)> Journal
    {
        get
        {
            lock (_gate)
            {
                return [.. _journal
                    .SelectMany(job => job.Value.Select(@event => (job.Key, @event)))
                    .OrderBy(entry => entry.@event.Ordering)];
            }
        }
    }

    public long BeginIncarnation()
    {
        lock (_gate) return ++_incarnations;
    }

    /// <summary>Takes from an incarnation its right to write.</summary>
    public void FenceOff(long incarnation)
    {
        lock (_gate) _fenced.Add(incarnation);
    }

    /// <summary>Writes one append, all or nothing.</summary>
    internal AppendResult Write(AppendRequest request, long writer)
    {
        lock (_gate)
        {
            if (_fenced.Contains(writer)) return AppendResult.Fenced.Instance;
            var journal = _journal.GetValueOrDefault(request.JobId, []);
            foreach (var claim in request.Claims)
                if (_claims.TryGetValue(claim, out var holder)) return new AppendResult.Conflict(journal.Count, claim, holder);
            if (journal.Count != request.ExpectedSequenceNr) return new AppendResult.Conflict(journal.Count, Claim: null, ClaimedBy: null);

            foreach (var @event in request.Events)
            {
                journal = journal.Add(new StoredEvent(
                    ++_ordering, journal.Count + 1, writer, @event.Type, StoredTime.Truncate(@event.At), @event.Payload.ToArray()));
            }

            _journal[request.JobId] = journal;
            foreach (var claim in request.Claims) _claims.Add(claim, request.JobId);
            if (request.Snapshot is { } snapshot) _snapshots[request.JobId] = (snapshot, journal.Count);
            if (request.Row is { } row) WriteRow(row);
            return new AppendResult.Appended(0);
        }
    }

    internal JobHistory? History(JobId id)
    {
        lock (_gate)
        {
            if (!_journal.TryGetValue(id, out var journal)) return null;
            var (snapshot, sequenceNr) = _snapshots.GetValueOrDefault(id);
            return new JobHistory(id, snapshot, sequenceNr, journal.RemoveRange(0, (int)sequenceNr));
        }
    }

    internal IReadOnlyList<StoredEvent> Events(JobId id, long afterSequenceNr, int limit)
    {
        lock (_gate) return [.. _journal.GetValueOrDefault(id, []).Where(@event => @event.SequenceNr > afterSequenceNr).Take(limit)];
    }

    internal IReadOnlyList<DueJob> Due(DateTimeOffset dueAt, DueCursor? after, int limit)
    {
        lock (_gate)
        {
            return
            [
                .. _rows.Values
                    .Where(row => row.WakeAt <= dueAt
                        && (after is null || (row.WakeAt.Value, row.Id).CompareTo((after.WakeAt, after.Id)) > 0))
                    .OrderBy(row => row.WakeAt).ThenBy(row => row.Id)
                    .Take(limit)
                    .Select(row => new DueJob(row.WakeAt!.Value, History(row.Id)!)),
            ];
        }
    }

    internal DateTimeOffset? NextWakeUp(DateTimeOffset after)
    {
        lock (_gate) return _rows.Values.Where(row => row.WakeAt > after).Min(row => row.WakeAt);
    }

    internal JobRow? Row(JobId id)
    {
        lock (_gate) return _rows.GetValueOrDefault(id);
    }

    internal JobPage Rows(JobQuery query)
    {
        lock (_gate)
        {
            JobRow[] rows =
            [
                .. _rows.Values.Reverse()
                    .Where(row => (query.Before is not { } before || row.Id.CompareTo(before) < 0)
                        && (query.Tenant is null || query.Tenant == row.Tenant)
                        && (query.Status is null || query.Status == row.Status)
                        && (query.WorkflowName is null || query.WorkflowName == row.WorkflowName))
                    .Take(query.Limit),
            ];
            return new JobPage(rows, rows.Length == query.Limit ? rows[^1].Id : null);
        }
    }

    internal WorkflowRegistration Register(StoredWorkflow workflow)
    {
        lock (_gate)
        {
            var registered = _workflows.Values.FirstOrDefault(other => other.Name == workflow.Name && other.Version == workflow.Version);
            if (registered is not null)
                return registered.Hash == workflow.Hash ? WorkflowRegistration.Same : WorkflowRegistration.Different;
            return _workflows.TryAdd(workflow.Hash, workflow) ? WorkflowRegistration.Registered : WorkflowRegistration.Different;
        }
    }

    internal StoredWorkflow? Workflow(string hash)
    {
        lock (_gate) return _workflows.GetValueOrDefault(hash);
    }

    private void WriteRow(JobRow row)
    {
        if (_rows.TryGetValue(row.Id, out var old)) Check.That(old.Tenant == row.Tenant);
        _rows[row.Id] = row with
        {
            CreatedAt = StoredTime.Truncate(row.CreatedAt),
            UpdatedAt = StoredTime.Truncate(row.UpdatedAt),
            WakeAt = row.WakeAt is { } wakeAt ? StoredTime.Truncate(wakeAt) : null,
        };
    }
}
