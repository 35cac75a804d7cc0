using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Jobs;

/// <summary>What somebody asks for when submitting a job. The workflow itself is pinned by its hash.</summary>
public sealed record JobSpec
{
    /// <summary>Whose job it is; nothing of it is visible to another tenant.</summary>
    public string Tenant { get; init; } = "default";

    /// <summary>The workflow's name, version and the hash of its definition.</summary>
    public required WorkflowReference Workflow { get; init; }

    /// <summary>The job's input: one JSON object, at most <see cref="JobLimits.PayloadBytes"/>.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>-100..100; a higher one is admitted first.</summary>
    public int Priority { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    /// <summary>Two submissions of a tenant with one key are one job.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Follows the job through logs, events and callbacks.</summary>
    public string? CorrelationId { get; init; }

    public DateTimeOffset? StartAt { get; init; }

    /// <summary>Jobs that must complete before this one starts.</summary>
    public ImmutableArray<JobId>? DependsOn { get; init; }

    /// <summary>What becomes of the job when one of those does not complete; <see cref="DependencyPolicy.Fail"/> if absent.</summary>
    public DependencyPolicy? OnDependencyFailure { get; init; }

    /// <summary>Who is told of the job's events, if anybody.</summary>
    public CallbackSpec? Callback { get; init; }

    /// <summary>The job and step that made this one, or the job that it was said to belong to.</summary>
    public ParentReference? Parent { get; init; }

    /// <summary>The W3C trace context of the request that made the job, so that its steps and callbacks belong to one trace.</summary>
    public string? TraceParent { get; init; }

    /// <summary>What the job holds of a meter; made by the engine from the workflow's <c>quota</c>, whatever was given.</summary>
    public QuotaReservation? Quota { get; init; }

    /// <summary>Equal for two submissions that ask for the same, whatever their correlation ids and traces: SHA-256, lower-case hex.</summary>
    public string Fingerprint() => JobFingerprint.Of(this);
}

/// <summary>What a job does when a job that it depends on ends failed or cancelled.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<DependencyPolicy>))]
public enum DependencyPolicy
{
    /// <summary>It fails.</summary>
    Fail,

    /// <summary>It runs all the same, once all have ended.</summary>
    Run,

    /// <summary>It is cancelled: there is nothing to do.</summary>
    Skip,
}

/// <summary>Where a job's events are posted.</summary>
/// <param name="Url">http or https.</param>
/// <param name="Events">Stable names of events (<c>job.completed</c>), or <c>job.*</c>; those of the job itself if absent.</param>
public sealed record CallbackSpec(string Url, ImmutableArray<string>? Events = null);

/// <summary>The job that made a job, or for which somebody made it.</summary>
/// <param name="Step">The step that made it; null if somebody outside did.</param>
/// <param name="Depth">1 for a child of a job that has no parent, at most <see cref="JobLimits.ChildDepth"/>.</param>
public sealed record ParentReference(JobId Job, string? Step = null, int? Item = null, int Depth = 1);

/// <summary>A workflow as a job pins it.</summary>
public sealed record WorkflowReference(string Name, int Version, string Hash);

/// <summary>Who gave a command, and from where (<c>cli</c>, <c>api</c>, an address); recorded in its event.</summary>
public sealed record Principal(string Name, string? Origin = null)
{
    /// <summary>The engine itself.</summary>
    public static Principal Engine { get; } = new("dispatcher", "engine");
}

/// <summary>A file that a step left in the artifact store.</summary>
/// <param name="Name">What the workflow calls it.</param>
/// <param name="Path">Relative to the job's folder, with forward slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its content hash, lower-case hex.</param>
public sealed record ArtifactReference(string Name, string Path, long Bytes, string Sha256);
