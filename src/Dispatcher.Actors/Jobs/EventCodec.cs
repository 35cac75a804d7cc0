using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Dispatcher.Jobs;

/// <summary>
/// Between events and their stored form: a stable name and UTF-8 JSON. A released name never changes its meaning; when the form of an
/// event changes it gets a new name, and the old one is lifted to the new event here, when it is read.
/// </summary>
public static class EventCodec
{
    private static readonly Entry[] Entries =
    [
        Of("job.created", JobJson.Default.Submitted),
        Of("job.approved", JobJson.Default.Approved),
        Of("job.rejected", JobJson.Default.Rejected),
        Of("job.scheduled", JobJson.Default.Scheduled),
        Of("job.waiting", JobJson.Default.Waiting),
        Of("job.dependency-resolved", JobJson.Default.DependencyResolved),
        Of("job.queued", JobJson.Default.Queued),
        Of("job.started", JobJson.Default.Started),
        Of("job.paused", JobJson.Default.Paused),
        Of("job.resumed", JobJson.Default.Resumed),
        Of("job.recovering", JobJson.Default.Recovering),
        Of("job.priority-changed", JobJson.Default.PriorityChanged),
        Of("job.amended", JobJson.Default.Amended),
        Of("job.completed", JobJson.Default.Completed),
        Of("job.failed", JobJson.Default.Failed),
        Of("job.cancelled", JobJson.Default.Cancelled),
        Of("step.queued", JobJson.Default.StepQueued),
        Of("step.started", JobJson.Default.StepStarted),
        Of("step.expanded", JobJson.Default.StepExpanded),
        Of("step.checkpointed", JobJson.Default.StepCheckpointed),
        Of("step.sleeping", JobJson.Default.StepSleeping),
        Of("step.released", JobJson.Default.StepReleased),
        Of("step.retrying", JobJson.Default.StepRetrying),
        Of("step.completed", JobJson.Default.StepCompleted),
        Of("step.failed", JobJson.Default.StepFailed),
        Of("step.skipped", JobJson.Default.StepSkipped),
        Of("step.awaiting", JobJson.Default.StepAwaiting),
        Of("step.child-created", JobJson.Default.StepChildCreated),
        Of("step.approved", JobJson.Default.StepApproved),
        Of("step.rejected", JobJson.Default.StepRejected),
        Of("step.leased", JobJson.Default.StepLeased),
        Of("step.retry-requested", JobJson.Default.StepRetryRequested),
    ];

    private static readonly FrozenDictionary<string, Entry> ByName = Entries.ToFrozenDictionary(entry => entry.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, Entry> ByType = Entries.ToFrozenDictionary(entry => entry.Info.Type);

    /// <summary>All stored names, for documents and tests.</summary>
    public static IEnumerable<string> Names => Entries.Select(entry => entry.Name);

    /// <summary>The stable name of an event.</summary>
    public static string NameOf(JobEvent @event) => ByType[@event.GetType()].Name;

    /// <summary>The event as UTF-8 JSON, without its name and time.</summary>
    public static byte[] Encode(JobEvent @event) => JsonSerializer.SerializeToUtf8Bytes(@event, ByType[@event.GetType()].Info);

    /// <exception cref="UnknownEventException">No such name is known here: the job is parked, not lost.</exception>
    public static JobEvent Decode(string name, DateTimeOffset at, ReadOnlySpan<byte> payload)
    {
        if (!ByName.TryGetValue(name, out var entry)) throw new UnknownEventException(name);
        var @event = (JobEvent?)JsonSerializer.Deserialize(payload, entry.Info) ?? throw new JsonException($"The event {name} is null.");
        return @event with { At = at };
    }

    private static Entry Of<TEvent>(string name, JsonTypeInfo<TEvent> info) where TEvent : JobEvent => new(name, info);

    private sealed record Entry(string Name, JsonTypeInfo Info);
}

/// <summary>The journal holds an event that this version of the program does not know: a newer one wrote it.</summary>
public sealed class UnknownEventException(string name)
    : Exception($"The journal holds an event '{name}' that this version does not know. Run the version that wrote it, or a newer one.")
{
    public string Name { get; } = name;
}

/// <summary>Source-generated JSON of everything that the law stores.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobState))]
[JsonSerializable(typeof(JobSpec))]
[JsonSerializable(typeof(EndNote))]
[JsonSerializable(typeof(CommandRecord))]
[JsonSerializable(typeof(JobEvent.Submitted))]
[JsonSerializable(typeof(JobEvent.Approved))]
[JsonSerializable(typeof(JobEvent.Rejected))]
[JsonSerializable(typeof(JobEvent.Scheduled))]
[JsonSerializable(typeof(JobEvent.Waiting))]
[JsonSerializable(typeof(JobEvent.DependencyResolved))]
[JsonSerializable(typeof(JobEvent.Queued))]
[JsonSerializable(typeof(JobEvent.Started))]
[JsonSerializable(typeof(JobEvent.Paused))]
[JsonSerializable(typeof(JobEvent.Resumed))]
[JsonSerializable(typeof(JobEvent.Recovering))]
[JsonSerializable(typeof(JobEvent.PriorityChanged))]
[JsonSerializable(typeof(JobEvent.Amended))]
[JsonSerializable(typeof(JobEvent.Completed))]
[JsonSerializable(typeof(JobEvent.Failed))]
[JsonSerializable(typeof(JobEvent.Cancelled))]
[JsonSerializable(typeof(JobEvent.StepQueued))]
[JsonSerializable(typeof(JobEvent.StepStarted))]
[JsonSerializable(typeof(JobEvent.StepExpanded))]
[JsonSerializable(typeof(JobEvent.StepCheckpointed))]
[JsonSerializable(typeof(JobEvent.StepSleeping))]
[JsonSerializable(typeof(JobEvent.StepReleased))]
[JsonSerializable(typeof(JobEvent.StepRetrying))]
[JsonSerializable(typeof(JobEvent.StepCompleted))]
[JsonSerializable(typeof(JobEvent.StepFailed))]
[JsonSerializable(typeof(JobEvent.StepSkipped))]
[JsonSerializable(typeof(JobEvent.StepAwaiting))]
[JsonSerializable(typeof(JobEvent.StepChildCreated))]
[JsonSerializable(typeof(JobEvent.StepApproved))]
[JsonSerializable(typeof(JobEvent.StepRejected))]
[JsonSerializable(typeof(JobEvent.StepLeased))]
[JsonSerializable(typeof(JobEvent.StepRetryRequested))]
[JsonSerializable(typeof(ApprovalOutput))]
[JsonSerializable(typeof(ChildOutput))]
internal sealed partial class JobJson : JsonSerializerContext;
