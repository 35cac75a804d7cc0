using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>What is durable in a simulation: it outlives the stores that are opened on it, and several nodes may share it.</summary>
public sealed partial class SimulatedDisk
{
    private readonly HashSet<long> _fenced = [];
    private readonly Dictionary<JobId, ImmutableList<StoredEvent>> _journal = [];
    private readonly Dictionary<(string Kind, string Key), (JobId Holder, string? Fingerprint)> _claims = [];
    private readonly Dictionary<JobId, (EncodedSnapshot Snapshot, long SequenceNr)> _snapshots = [];
    private readonly SortedDictionary<JobId, JobRow> _rows = [];
    private readonly Dictionary<JobId, HashSet<string>> _terms = [];
    private readonly Lock _gate = new();
    private long _incarnations;
    private long _ordering;

    /// <summary>How many places of the journal are left free before each append, as a store does that numbers by transactions.</summary>
    public int FreePlaces { get; init; }

    /// <summary>What tenants may use of meters.</summary>
    internal SimulatedQuotas Quotas { get; } = new();

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

    public JobId? HolderOf(Claim claim)
    {
        lock (_gate) return _claims.TryGetValue((claim.Kind, claim.Key), out var taken) ? taken.Holder : null;
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
                if (_claims.TryGetValue((claim.Kind, claim.Key), out var taken)) return new AppendResult.Conflict(journal.Count, claim, taken.Holder, taken.Fingerprint);
            if (journal.Count != request.ExpectedSequenceNr) return new AppendResult.Conflict(journal.Count, Claim: null, ClaimedBy: null);

            if (!Quotas.TryWrite(request, out var shortage)) return new AppendResult.QuotaRefused(shortage!);

            if (request.Events.Count > 0) _ordering += FreePlaces;
            var first = request.Events.Count > 0 ? _ordering + 1 : 0;
            foreach (var @event in request.Events)
            {
                journal = journal.Add(new StoredEvent(
                    ++_ordering, journal.Count + 1, writer, @event.Type, StoredTime.Truncate(@event.At), @event.Payload.ToArray()));
            }

            if (request.Events.Count > 0) _journal[request.JobId] = journal;
            foreach (var claim in request.Claims) _claims.Add((claim.Kind, claim.Key), (request.JobId, claim.Fingerprint));
            if (request.Snapshot is { } snapshot) _snapshots[request.JobId] = (snapshot, journal.Count);
            Consume(request);
            if (request.Row is { } row) WriteRow(request, row);
            return new AppendResult.Appended(first, Send(request));
        }
    }

    private void WriteRow(AppendRequest request, JobRow row)
    {
        var old = _rows.GetValueOrDefault(row.Id);
        Check.That(old is null || (old.Tenant == row.Tenant && old.WorkflowName == row.WorkflowName));
        Check.That(request.StatusBefore == (old?.Status ?? JobStatus.None));
        var wakeAt = _inbox.Any(message => message.To == row.Id) ? JobRow.Active : row.WakeAt;
        _rows[row.Id] = row with
        {
            CreatedAt = StoredTime.Truncate(row.CreatedAt),
            UpdatedAt = StoredTime.Truncate(row.UpdatedAt),
            WakeAt = wakeAt is { } time ? StoredTime.Truncate(time) : null,
        };
        if (request.ExpectedSequenceNr == 0) _terms[row.Id] = [row.WorkflowName, .. request.Terms];
    }
}
