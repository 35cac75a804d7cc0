using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>What readers see.</summary>
public sealed partial class SimulatedDisk
{
    private readonly Dictionary<string, StoredWorkflow> _definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Tenant, string Name, int Version), RegisteredWorkflow> _registry = [];

    internal long LastOrdering
    {
        get
        {
            lock (_gate) return _ordering;
        }
    }

    internal JobHistory? History(JobId id)
    {
        lock (_gate)
        {
            if (!_journal.TryGetValue(id, out var journal)) return null;
            var (snapshot, sequenceNr) = _snapshots.GetValueOrDefault(id);
            return new JobHistory(id, snapshot, sequenceNr, journal.RemoveRange(0, (int)sequenceNr)) { Inbox = Inbox(id) };
        }
    }

    internal IReadOnlyList<StoredEvent> Events(JobId id, long afterSequenceNr, int limit)
    {
        lock (_gate) return [.. _journal.GetValueOrDefault(id, []).Where(@event => @event.SequenceNr > afterSequenceNr).Take(limit)];
    }

    internal IReadOnlyList<DueJob> Due(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards)
    {
        lock (_gate)
        {
            return
            [
                .. _rows.Values
                    .Where(row => row.WakeAt <= dueAt
                        && shards?.Contains(row.Id) != false
                        && (after is null || (row.WakeAt.Value, row.Id).CompareTo((after.WakeAt, after.Id)) > 0))
                    .OrderBy(row => row.WakeAt).ThenBy(row => row.Id)
                    .Take(limit)
                    .Select(row => new DueJob(row.WakeAt!.Value, History(row.Id)!)),
            ];
        }
    }

    internal DateTimeOffset? NextWakeUp(DateTimeOffset after, ShardSet? shards)
    {
        lock (_gate) return _rows.Values.Where(row => row.WakeAt > after && shards?.Contains(row.Id) != false).Min(row => row.WakeAt);
    }

    internal JobRow? Row(JobId id)
    {
        lock (_gate) return _rows.GetValueOrDefault(id);
    }

    internal IReadOnlyList<JobRow> Rows(IReadOnlyList<JobId> ids)
    {
        lock (_gate) return [.. ids.Where(_rows.ContainsKey).Select(id => _rows[id])];
    }

    /// <summary>Looks at the rows of the range one by one, so that a page is short where a real one may be.</summary>
    internal JobPage Rows(JobQuery query)
    {
        lock (_gate)
        {
            var range = JobIdRange.Of(query);
            var rows = new List<JobRow>();
            var entries = 0;
            foreach (var row in _rows.Values.Reverse().Where(row => row.Id.CompareTo(range.From) >= 0 && row.Id.CompareTo(range.Before) < 0))
            {
                if (Passes(row, query)) rows.Add(row);
                if (++entries == query.ScanLimit || rows.Count == query.Limit) return new JobPage(rows, row.Id);
            }

            return new JobPage(rows, Next: null);
        }
    }

    internal IReadOnlyList<JobCount> Counts(string? tenant)
    {
        lock (_gate)
        {
            return
            [
                .. _rows.Values.Where(row => tenant is null || row.Tenant == tenant)
                    .GroupBy(row => (row.Tenant, row.WorkflowName, row.Status))
                    .Select(jobs => new JobCount(jobs.Key.Tenant, jobs.Key.WorkflowName, jobs.Key.Status, jobs.Count())),
            ];
        }
    }

    internal JournalPage ReadJournal(long afterOrdering, string? tenant, int limit)
    {
        lock (_gate)
        {
            var page = Journal.Where(entry => entry.Event.Ordering > afterOrdering).Take(limit).ToList();
            var entries = page.Select(entry => Entry(entry.Id, entry.Event)).Where(entry => tenant is null || entry.Address.Tenant == tenant);
            return new JournalPage([.. entries], page.Count == 0 ? afterOrdering : page[^1].Event.Ordering, IsLast: page.Count < limit);
        }
    }

    internal WorkflowRegistration Register(string tenant, StoredWorkflow workflow, DateTimeOffset now)
    {
        lock (_gate)
        {
            var key = (tenant, workflow.Name, workflow.Version);
            if (_registry.TryGetValue(key, out var registered))
                return registered.Hash == workflow.Hash ? WorkflowRegistration.Same : WorkflowRegistration.Different;
            _definitions.TryAdd(workflow.Hash, workflow);
            _registry.Add(key, new RegisteredWorkflow(workflow.Name, workflow.Version, workflow.Hash, StoredTime.Truncate(now)));
            return WorkflowRegistration.Registered;
        }
    }

    internal void Keep(StoredWorkflow workflow)
    {
        lock (_gate) _definitions.TryAdd(workflow.Hash, workflow);
    }

    internal StoredWorkflow? Workflow(string hash)
    {
        lock (_gate) return _definitions.GetValueOrDefault(hash);
    }

    /// <summary>A tenant's registry in its order; of one name if given.</summary>
    internal IReadOnlyList<RegisteredWorkflow> Registered(string tenant, string? name)
    {
        lock (_gate)
        {
            return
            [
                .. _registry.Where(entry => entry.Key.Tenant == tenant && (name is null || entry.Key.Name == name))
                    .Select(entry => entry.Value)
                    .OrderBy(workflow => workflow.Name, StringComparer.Ordinal).ThenBy(workflow => workflow.Version),
            ];
        }
    }

    private bool Passes(JobRow row, JobQuery query) =>
        (query.Tenant is null || query.Tenant == row.Tenant)
        && (query.Status is null || query.Status == row.Status)
        && (query.WorkflowName is null || query.WorkflowName == row.WorkflowName)
        && query.Terms.All(_terms[row.Id].Contains);

    private JournalEntry Entry(JobId id, StoredEvent @event)
    {
        var address = _rows.TryGetValue(id, out var row) ? JobAddress.Of(row) : JobAddress.Unknown;
        return new JournalEntry(@event.Ordering, id, @event.SequenceNr, address, @event.Type, @event.At, @event.Payload);
    }
}
