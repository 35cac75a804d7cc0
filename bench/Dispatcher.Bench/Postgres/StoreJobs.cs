using System.Buffers.Binary;
using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Bench.Postgres;

/// <summary>The appends of a three-step job, as a real one makes them: four, of nine events of about 150 bytes, with the row in the first and the last.</summary>
internal sealed class StoreJobs(Func<AppendRequest, ValueTask<AppendResult>> append)
{
    private static readonly int[] EventsOfAppends = [3, 2, 2, 2];

    private static readonly ReadOnlyMemory<byte> Payload = Encoding.UTF8.GetBytes($$"""{"step":"encode","attempt":1,"note":"{{new string('x', 110)}}"}""");

    private long _next;

    public async Task Run()
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = NewId(now);
        var sequenceNr = 0L;
        for (var i = 0; i < EventsOfAppends.Length; i++)
        {
            var isLast = i == EventsOfAppends.Length - 1;
            var events = new EncodedEvent[EventsOfAppends[i]];
            Array.Fill(events, new EncodedEvent("step.completed", now, Payload));
            var result = await append(new AppendRequest(id, sequenceNr, events)
            {
                Row = i == 0 ? Row(id, now, JobStatus.Running) : isLast ? Row(id, now, JobStatus.Completed) : null,
                StatusBefore = i == 0 ? JobStatus.None : JobStatus.Running,
            });
            if (result is not AppendResult.Appended) throw new InvalidOperationException($"An append ended {result}.");
            sequenceNr += events.Length;
        }
    }

    /// <summary>Unique, and as evenly spread over the shards as chance is.</summary>
    private JobId NewId(DateTimeOffset now)
    {
        Span<byte> unique = stackalloc byte[JobId.RandomBytes];
        var number = Interlocked.Increment(ref _next);
        BinaryPrimitives.WriteInt64BigEndian(unique, number << 16);
        BinaryPrimitives.WriteUInt32BigEndian(unique[^4..], (uint)number * 2654435761);
        return JobId.Create(now, unique);
    }

    private static JobRow Row(JobId id, DateTimeOffset now, JobStatus status) => new()
    {
        Id = id,
        Tenant = "default",
        WorkflowName = "bench",
        WorkflowVersion = 1,
        Status = status,
        Priority = 5,
        CreatedAt = now,
        UpdatedAt = now,
        WakeAt = status.IsTerminal() ? null : JobRow.Active,
    };
}
