using System.Buffers.Binary;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>Ids and chance from a seed.</summary>
internal sealed class SimulatedIds(TimeProvider time, Random chance) : IdGenerator(time)
{
    public override void Fill(Span<byte> buffer) => chance.NextBytes(buffer);

    /// <summary>The n-th job of a client: the same in every life of the node.</summary>
    public static JobId Job(int number)
    {
        Span<byte> bytes = stackalloc byte[JobId.RandomBytes];
        BinaryPrimitives.WriteInt32BigEndian(bytes[6..], number);
        return JobId.Create(Kernel.ManualTimeProvider.Epoch, bytes);
    }
}

/// <summary>An artifact store without files: the jobs of a simulation write none.</summary>
internal sealed class NoArtifacts : IArtifactStore
{
    public ArtifactFolder FolderOf(string tenant, JobId job) => new NoFolder();

    public ValueTask Begin(string tenant, JobId job, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => throw new NotSupportedException();

    public int SweepTemporaries(string tenant, JobId job) => 0;

    public void Delete(string tenant, JobId job)
    {
    }

    private sealed class NoFolder : ArtifactFolder
    {
        public override string Key => "none";

        public override string PathOf(string relativePath) => "/none/" + relativePath;

        public override bool Exists(string relativePath) => false;

        public override TemporaryFile CreateTemporary(string relativePath) => throw new NotSupportedException();

        public override ValueTask<ArtifactReference?> Describe(string relativePath, string name, CancellationToken cancellation) => ValueTask.FromResult<ArtifactReference?>(null);

        public override ValueTask<ArtifactReference> Commit(TemporaryFile file, string name, CancellationToken cancellation) => throw new NotSupportedException();

        public override ValueTask<ArtifactReference> Write(string relativePath, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }
}

/// <summary>Counts every append as two edge calls, before and after it lands, at each of which the node may die.</summary>
internal class EdgeCountingStore(IJobStore inner, Func<string, bool> edge) : IJobStore
{
    public long Incarnation => inner.Incarnation;

    public async ValueTask<AppendResult> Append(AppendRequest request)
    {
        var names = string.Join('+', request.Events.Select(e => e.Type));
        if (edge($"append {request.JobId} after {request.ExpectedSequenceNr}: {names}")) await Never();
        var result = await inner.Append(request);
        if (edge($"appended {request.JobId} {result.GetType().Name}")) await Never();
        return result;
    }

    public async ValueTask<JobHistory?> ReadHistory(JobId id)
    {
        if (edge($"read {id}")) await Never();
        return await inner.ReadHistory(id);
    }

    public virtual ValueTask<IReadOnlyList<StoredEvent>> ReadEvents(JobId id, long afterSequenceNr, int limit) => inner.ReadEvents(id, afterSequenceNr, limit);

    public async ValueTask<IReadOnlyList<DueJob>> ReadDue(DateTimeOffset dueAt, DueCursor? after, int limit, ShardSet? shards = null)
    {
        if (edge($"due, {limit} at once")) await Never();
        return await inner.ReadDue(dueAt, after, limit, shards);
    }

    public ValueTask<DateTimeOffset?> NextWakeUp(DateTimeOffset after, ShardSet? shards = null) => inner.NextWakeUp(after, shards);

    public ValueTask<JobRow?> FindJob(JobId id) => inner.FindJob(id);

    public ValueTask<JobPage> ListJobs(JobQuery query) => inner.ListJobs(query);

    public ValueTask<WorkflowRegistration> RegisterWorkflow(string tenant, StoredWorkflow workflow, DateTimeOffset now) => inner.RegisterWorkflow(tenant, workflow, now);

    public ValueTask KeepWorkflow(StoredWorkflow workflow) => inner.KeepWorkflow(workflow);

    public ValueTask<IReadOnlyList<JobRow>> FindJobs(IReadOnlyList<JobId> ids) => inner.FindJobs(ids);

    public ValueTask<IReadOnlyList<JobRow?>> FindNewest(IReadOnlyList<NewestJobQuery> queries) => inner.FindNewest(queries);

    public ValueTask<JobId?> FindHolder(Claim claim) => inner.FindHolder(claim);

    public ValueTask<IReadOnlyList<JobCount>> CountJobs(string? tenant) => inner.CountJobs(tenant);

    public ValueTask<IReadOnlyList<InboxMessage>> ReadInbox(JobId id) => inner.ReadInbox(id);

    public ValueTask<IReadOnlyList<WatchEdge>> ReadWatches(JobId id, int limit) => inner.ReadWatches(id, limit);

    public virtual ValueTask<JournalPage> ReadJournal(long afterOrdering, string? tenant, int limit) => inner.ReadJournal(afterOrdering, tenant, limit);

    public virtual ValueTask<bool> HasMoreThan(long afterOrdering, int events) => inner.HasMoreThan(afterOrdering, events);

    public virtual ValueTask<long> LastOrdering() => inner.LastOrdering();

    public virtual IDisposable Listen(IJournalListener listener) => inner.Listen(listener);

    public ValueTask<RegisteredWorkflow?> FindRegistered(string tenant, string name, int? version) => inner.FindRegistered(tenant, name, version);

    public ValueTask<IReadOnlyList<RegisteredWorkflow>> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit) => inner.ListRegistered(tenant, name, after, limit);

    public ValueTask<StoredWorkflow?> FindWorkflow(string hash) => inner.FindWorkflow(hash);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>The process has died inside this call.</summary>
    internal static Task Never() => new TaskCompletionSource().Task;
}
