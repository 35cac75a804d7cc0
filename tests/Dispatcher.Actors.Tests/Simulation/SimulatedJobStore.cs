using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.GroupCommit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>What becomes of an append that reached the simulated disk.</summary>
public enum AppendFate
{
    /// <summary>It is written (or refused, by the contract's rules) and answered.</summary>
    Lands,

    /// <summary>It is written or refused, and its caller never learns which: answered unknown.</summary>
    LandsUnseen,

    /// <summary>Nothing is written; answered unknown.</summary>
    Lost,
}

/// <summary>
/// A store that keeps the contract on a <see cref="SimulatedDisk"/>, driven by a simulation: before each append lands, in the order in
/// which they were given, it awaits the hook, which may delay it (by not completing yet), choose its fate, fence the writer, or crash
/// the node. Without a hook every append lands at once. Never touches the thread pool.
/// </summary>
/// <param name="fateOf">Called for one append at a time; the next follows when it has completed.</param>
public sealed partial class SimulatedJobStore(SimulatedDisk disk, Func<AppendRequest, ValueTask<AppendFate>>? fateOf = null) : IJobStore
{
    private readonly Queue<(AppendRequest Request, TaskCompletionSource<AppendResult> Answer)> _queue = new();
    private readonly JournalListeners _listeners = new(NullLogger.Instance);
    private readonly Lock _gate = new();
    private bool _landing;
    private bool _crashed;
    private bool _disposed;

    public long Incarnation { get; } = disk.BeginIncarnation();

    /// <summary>The process is gone: what has not landed never does, and nobody is answered any more.</summary>
    public void Crash()
    {
        lock (_gate)
        {
            _crashed = true;
            _queue.Clear();
        }
    }

    public ValueTask<AppendResult> Append(AppendRequest request)
    {
        AppendValidation.Validate(request);
        var answer = new TaskCompletionSource<AppendResult>();
        lock (_gate)
        {
            if (_disposed) return ValueTask.FromResult<AppendResult>(AppendResult.Fenced.Instance);
            if (_crashed) return new ValueTask<AppendResult>(answer.Task);
            _queue.Enqueue((request, answer));
            if (_landing) return new ValueTask<AppendResult>(answer.Task);
            _landing = true;
        }

        _ = LandQueued();
        return new ValueTask<AppendResult>(answer.Task);
    }

    public ValueTask<JobHistory?> ReadHistory(JobId id) => ValueTask.FromResult(disk.History(id));

    public ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit) =>
        ValueTask.FromResult(disk.Events(id, afterSequenceNr, limit));

    public ValueTask<IReadOnlyList<DueJob>> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards = null) =>
        ValueTask.FromResult(disk.Due(dueAt, after, limit, shards));

    public ValueTask<DateTimeOffset?> NextWakeUp(DateTimeOffset after, ShardSet? shards = null) => ValueTask.FromResult(disk.NextWakeUp(after, shards));

    public ValueTask<JobRow?> FindJob(JobId id) => ValueTask.FromResult(disk.Row(id));

    public ValueTask<IReadOnlyList<JobRow>> FindJobs(IReadOnlyList<JobId> ids)
    {
        ReadValidation.Validate(ids);
        return ValueTask.FromResult(disk.Rows(ids));
    }

    public ValueTask<IReadOnlyList<JobRow?>> FindNewest(IReadOnlyList<NewestJobQuery> queries)
    {
        ReadValidation.Validate(queries);
        return ValueTask.FromResult<IReadOnlyList<JobRow?>>(
            [.. queries.Select(query => disk.Rows(new JobQuery { Tenant = query.Tenant, Terms = [query.Term], Limit = 1000, ScanLimit = NewestJobQuery.ScanLimit }).Rows.FirstOrDefault(query.Fits))]);
    }

    public ValueTask<JobId?> FindHolder(Claim claim) => ValueTask.FromResult(disk.HolderOf(claim));

    public ValueTask<JobPage> ListJobs(JobQuery query)
    {
        ReadValidation.Validate(query);
        return ValueTask.FromResult(disk.Rows(query));
    }

    public ValueTask<IReadOnlyList<JobCount>> CountJobs(string? tenant) => ValueTask.FromResult(disk.Counts(tenant));

    public ValueTask<IReadOnlyList<InboxMessage>> ReadInbox(JobId id) => ValueTask.FromResult(disk.Inbox(id));

    public ValueTask<IReadOnlyList<WatchEdge>> ReadWatches(JobId id, int limit) => ValueTask.FromResult(disk.Watches(id, limit));

    public ValueTask<JournalPage> ReadJournal(long afterOrdering, string? tenant, int limit) =>
        ValueTask.FromResult(disk.ReadJournal(afterOrdering, tenant, limit));

    public ValueTask<bool> HasMoreThan(long afterOrdering, int events) =>
        ValueTask.FromResult(disk.ReadJournal(afterOrdering, tenant: null, limit: int.MaxValue).Entries.Count > events);

    public ValueTask<long> LastOrdering() => ValueTask.FromResult(disk.LastOrdering);

    public IDisposable Listen(IJournalListener listener) => _listeners.Add(listener);

    public ValueTask<WorkflowRegistration> RegisterWorkflow(string tenant, StoredWorkflow workflow, DateTimeOffset now) =>
        ValueTask.FromResult(disk.Register(tenant, workflow, now));

    public ValueTask KeepWorkflow(StoredWorkflow workflow)
    {
        disk.Keep(workflow);
        return ValueTask.CompletedTask;
    }

    public ValueTask<StoredWorkflow?> FindWorkflow(string hash) => ValueTask.FromResult(disk.Workflow(hash));

    public ValueTask<RegisteredWorkflow?> FindRegistered(string tenant, string name, int? version) =>
        ValueTask.FromResult(disk.Registered(tenant, name).LastOrDefault(workflow => version is null || workflow.Version == version));

    public ValueTask<IReadOnlyList<RegisteredWorkflow>> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit) =>
        ValueTask.FromResult<IReadOnlyList<RegisteredWorkflow>>(
        [
            .. disk.Registered(tenant, name)
                .SkipWhile(workflow => after is { } cursor && Compare((workflow.Name, workflow.Version), cursor) <= 0)
                .Take(limit),
        ]);

    /// <summary>Later appends are answered fenced; those that are queued land when the hook lets them.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate) _disposed = true;
        return ValueTask.CompletedTask;
    }

    private async Task LandQueued()
    {
        while (TryNext(out var request, out var answer))
        {
            try
            {
                var fate = fateOf is null ? AppendFate.Lands : await fateOf(request);
                lock (_gate)
                {
                    if (_crashed) return;
                }

                answer.SetResult(Land(request, fate));
            }
            catch (Exception failure) when (!answer.Task.IsCompleted)
            {
                answer.SetException(failure);
            }
        }
    }

    private bool TryNext(out AppendRequest request, out TaskCompletionSource<AppendResult> answer)
    {
        lock (_gate)
        {
            _landing = _queue.TryDequeue(out var next);
            (request, answer) = next;
            return _landing;
        }
    }

    /// <summary>As in a real store, of a write whose outcome is unknown listeners hear only that.</summary>
    private AppendResult Land(AppendRequest request, AppendFate fate)
    {
        if (fate == AppendFate.Lost)
        {
            _listeners.TellOfDoubt();
            return new AppendResult.Unknown("simulated: lost before it landed");
        }

        var result = disk.Write(request, Incarnation);
        if (fate != AppendFate.Lands)
        {
            _listeners.TellOfDoubt();
            return new AppendResult.Unknown("simulated: the answer was lost");
        }

        if (result is AppendResult.Appended { FirstOrdering: > 0 and var first })
            _listeners.Tell([new CommittedAppend(request.JobId, request.Address, first, request.ExpectedSequenceNr + 1, request.Events) { AfterOrdering = first - 1 - disk.FreePlaces }]);
        return result;
    }

    private static int Compare((string Name, int Version) one, (string Name, int Version) other)
    {
        var names = string.CompareOrdinal(one.Name, other.Name);
        return names != 0 ? names : one.Version.CompareTo(other.Version);
    }
}
