using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Jobs.Reading;

/// <summary>A job with its steps, as it is now or was after one of its events.</summary>
internal sealed record JobView
{
    public required JobId Id { get; init; }

    public required JobStatus Status { get; init; }

    /// <summary>The number of the job's last event: for <c>If-Match</c>, and to resume streams from.</summary>
    public required long Version { get; init; }

    public required WorkflowView Workflow { get; init; }

    /// <summary>-100..100; a higher one is admitted first.</summary>
    public required int Priority { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The time before which it does not start.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>When its own timeout ends it.</summary>
    public DateTimeOffset? DeadlineAt { get; init; }

    /// <summary>0..100; 100 only when it has completed.</summary>
    public required double Progress { get; init; }

    /// <summary>For what it waits while nothing of it runs.</summary>
    public WaitView? WaitsFor { get; init; }

    public JsonElement? Input { get; init; }

    public JsonElement? Output { get; init; }

    /// <summary>Why it failed.</summary>
    public FailureView? Failure { get; init; }

    /// <summary>The reason that came with the last command of a person.</summary>
    public string? Reason { get; init; }

    public PrincipalView? PausedBy { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string? IdempotencyKey { get; init; }

    public string? CorrelationId { get; init; }

    /// <summary>Jobs that must end before it starts.</summary>
    public IReadOnlyList<JobId>? DependsOn { get; init; }

    /// <summary>Those of them that did not end yet.</summary>
    public IReadOnlyList<JobId>? OpenDependencies { get; init; }

    public DependencyPolicy? OnDependencyFailure { get; init; }

    public CallbackView? Callback { get; init; }

    /// <summary>The job and step that made it, or the job to which it belongs.</summary>
    public ParentView? Parent { get; init; }

    /// <summary>What it takes of a meter, if its workflow says so.</summary>
    public JobQuotaView? Quota { get; init; }

    /// <summary>How often it was recovered.</summary>
    public required int RecoveryAttempts { get; init; }

    /// <summary>Why this server cannot go on with it: it needs a handler, workflow or version that is not here. Nothing is lost.</summary>
    public string? Parked { get; init; }

    /// <summary>In the order of the workflow.</summary>
    public required IReadOnlyList<StepView> Steps { get; init; }

    /// <summary>The commands that would do something now: approve, reject, pause, resume, cancel, recover, retry, priority.</summary>
    public IReadOnlyList<string>? Allowed { get; init; }

    public required JobLinks Links { get; init; }
}

/// <summary>The workflow that a job pins.</summary>
internal sealed record WorkflowView(string Name, int Version, string? Hash = null);

/// <summary>For what a job waits.</summary>
/// <param name="Kind"><c>approval</c>, <c>time</c>, <c>dependencies</c>, <c>pause</c>, <c>child</c> (a job that it has made), or <c>handler</c> for one that is parked.</param>
/// <param name="Until">When it goes on by itself, if it does.</param>
internal sealed record WaitView(string Kind, DateTimeOffset? Until = null);

/// <summary>Why an attempt, a step or a job failed.</summary>
/// <param name="Class">What kind of fault it was; decides whether it is tried again.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="Code">A stable word of the handler, if it has one.</param>
internal sealed record FailureView(ErrorClass Class, string Message, string? Code)
{
    public static FailureView? Of(Failure? failure) => failure is null ? null : new FailureView(failure.Class, failure.Message, failure.Code);
}

/// <summary>Who gave a command, and from where.</summary>
internal sealed record PrincipalView(string Name, string? Origin)
{
    public static PrincipalView? Of(Principal? principal) => principal is null ? null : new PrincipalView(principal.Name, principal.Origin);
}

/// <summary>Where a job's events are posted.</summary>
/// <param name="Url">http or https; without the contents of its query.</param>
/// <param name="Events">Names of events, such as <c>job.completed</c> or <c>job.*</c>.</param>
internal sealed record CallbackView(string Url, IReadOnlyList<string>? Events);

/// <summary>The job that made a job, or to which it belongs.</summary>
/// <param name="Step">The step that made it; absent if it was made over REST.</param>
internal sealed record ParentView(JobId Job, string? Step, int? Item);

/// <summary>What a job takes of a meter.</summary>
/// <param name="Reserved">Units held from its submission to its end.</param>
/// <param name="Charged">Units charged, once it has completed.</param>
/// <param name="Raw">What it took before that was rounded up.</param>
/// <param name="Fault">Why the reserved units were charged instead of those that it took.</param>
internal sealed record JobQuotaView(string Meter, long Reserved, long? Charged, decimal? Raw, string? Fault)
{
    public static JobQuotaView? Of(JobState state) =>
        state.Spec.Quota is { } held ? new JobQuotaView(held.Meter, held.Amount, state.Charge?.Amount, state.Charge?.Raw, state.Charge?.Fault) : null;
}

/// <summary>Where the rest of a job is.</summary>
internal sealed record JobLinks(string Self, string Events, string Why, string Graph, string Artifacts, string? Workflow);
