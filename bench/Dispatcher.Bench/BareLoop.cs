using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Bench;

/// <summary>
/// What the journal itself can do: the same bytes in the same appends through the same group-commit writer, with no actors, no decisions
/// and no JSON. Recorded from a real job, then replayed under fresh ids.
/// </summary>
internal sealed class BareLoop : IAsyncDisposable
{
    private readonly SqliteJobStore _store;
    private readonly IReadOnlyList<RecordedAppend> _appends;
    private long _next;

    private BareLoop(SqliteJobStore store, IReadOnlyList<RecordedAppend> appends) => (_store, _appends) = (store, appends);

    public int AppendsPerJob => _appends.Count;

    public int EventsPerJob => _appends.Sum(append => append.Events.Length);

    /// <summary>Runs one job of the workflow for real and takes over what it wrote, append by append.</summary>
    public static async Task<BareLoop> Record(BenchNode node, JobSpec spec, string directory)
    {
        using var subscription = node.Node.Feed.Subscribe(capacity: 1_000_000);
        await node.Run(spec);
        var appends = new List<RecordedAppend>();
        JobStatus? status = null;
        while (subscription.Messages.TryRead(out var message))
        {
            if (message is not Feed.FeedMessage.Committed committed) continue;
            var events = committed.Events.Select(e => new EncodedEvent(EventCodec.NameOf(e), e.At, EventCodec.Encode(e))).ToArray();
            appends.Add(new RecordedAppend(events, committed.State.Status != status ? RowOf(committed.State) : null, status ?? JobStatus.None));
            status = committed.State.Status;
        }

        var store = SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = directory }, TimeProvider.System, NullLogger.Instance);
        return new BareLoop(store, appends);
    }

    public async Task RunJob() => await Finish(await Accept());

    /// <summary>Writes the first append of a new job.</summary>
    public async Task<JobId> Accept()
    {
        var id = NextId();
        await Append(id, 0, _appends[0]);
        return id;
    }

    /// <summary>Writes the other appends, one after the other.</summary>
    public async Task Finish(JobId id)
    {
        long sequenceNr = _appends[0].Events.Length;
        foreach (var append in _appends.Skip(1))
        {
            await Append(id, sequenceNr, append);
            sequenceNr += append.Events.Length;
        }
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private JobId NextId()
    {
        Span<byte> unique = stackalloc byte[JobId.RandomBytes];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(unique, Interlocked.Increment(ref _next));
        return JobId.Create(TimeProvider.System.GetUtcNow(), unique);
    }

    private async ValueTask Append(JobId id, long sequenceNr, RecordedAppend append)
    {
        var result = await _store.Append(new AppendRequest(id, sequenceNr, append.Events)
        {
            Row = append.Row is { } row ? row with { Id = id } : null,
            StatusBefore = append.StatusBefore,
        });
        if (result is not AppendResult.Appended) throw new InvalidOperationException($"The bare append ended {result}.");
    }

    private static JobRow RowOf(JobState state) => new()
    {
        Id = state.Id,
        Tenant = state.Spec.Tenant,
        WorkflowName = state.Spec.Workflow.Name,
        WorkflowVersion = state.Spec.Workflow.Version,
        Status = state.Status,
        Priority = state.Priority,
        CreatedAt = state.CreatedAt,
        UpdatedAt = state.UpdatedAt,
        WakeAt = state.Status.IsTerminal() ? null : JobRow.Active,
    };

    private sealed record RecordedAppend(EncodedEvent[] Events, JobRow? Row, JobStatus StatusBefore);
}
