using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Things to store.</summary>
internal static class StoreSamples
{
    public static DateTimeOffset Noon { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The id of the nth job; a larger n sorts later.</summary>
    public static JobId Id(int n)
    {
        Span<byte> random = stackalloc byte[JobId.RandomBytes];
        random.Fill((byte)(n * 37));
        return JobId.Create(Noon.AddMilliseconds(n), random);
    }

    public static EncodedEvent Event(string type = "step.started", string payload = "{}", DateTimeOffset? at = null) =>
        new(type, at ?? Noon, Encoding.UTF8.GetBytes(payload));

    /// <summary>An append of this many events after the expected number; each event's payload tells its number.</summary>
    public static AppendRequest Append(JobId id, long expected = 0, int events = 1) =>
        new(id, expected, [.. Enumerable.Range(1, events).Select(i => Event(payload: $$"""{"n":{{expected + i}}}"""))]);

    public static JobRow Row(
        JobId id,
        DateTimeOffset? wakeAt = null,
        JobStatus status = JobStatus.Running,
        string tenant = "acme",
        string workflow = "render")
    {
        return new JobRow
        {
            Id = id,
            Tenant = tenant,
            WorkflowName = workflow,
            WorkflowVersion = 3,
            Status = status,
            Priority = 5,
            CreatedAt = Noon,
            UpdatedAt = Noon.AddSeconds(1),
            WakeAt = wakeAt,
        };
    }

    public static EncodedSnapshot Snapshot(string payload = "{}", int version = 1) => new(version, Encoding.UTF8.GetBytes(payload));

    public static string Text(ReadOnlyMemory<byte> payload) => Encoding.UTF8.GetString(payload.Span);

    public static StoredWorkflow Workflow(string hash = "aa", string name = "render", int version = 1) =>
        new(hash, name, version, """{"steps":[]}""");
}
