using Dispatcher.Jobs;

namespace Dispatcher.Web;

/// <summary>
/// Jobs from within the application that Dispatcher runs in, without HTTP. What a call returned of is durable. Every call may throw
/// <see cref="DispatcherRefusedException"/>, and <see cref="DispatcherUnavailableException"/> while the disk is full or slow. In a cluster an order to a job may also throw
/// <see cref="DispatcherAcceptedException"/>.
/// </summary>
public interface IDispatcherClient
{
    /// <summary>Creates a job.</summary>
    /// <param name="workflow">A registered workflow's name.</param>
    /// <param name="input">Anything that becomes a JSON object (snake_case names), or a <see cref="System.Text.Json.JsonElement"/>.</param>
    Task<JobId> Submit(string workflow, object? input = null, SubmitOptions? options = null);

    /// <summary>The job as it is; null if this tenant has none of that id.</summary>
    Task<JobState?> Find(JobId id);

    /// <summary>The job when it has ended, also if it had before. A cancelled wait leaves the job alone.</summary>
    /// <exception cref="DispatcherRefusedException">There is no such job.</exception>
    Task<JobState> WhenEnded(JobId id, CancellationToken cancellation = default);

    Task<JobState> Approve(JobId id, string? reason = null);

    Task<JobState> Reject(JobId id, string? reason = null);

    /// <summary>Gives a job that waits for its approval another input.</summary>
    /// <param name="input">Anything that becomes a JSON object (snake_case names), or a <see cref="System.Text.Json.JsonElement"/>.</param>
    Task<JobState> Amend(JobId id, object? input, string? reason = null);

    /// <summary>Running steps finish; nothing new starts.</summary>
    Task<JobState> Pause(JobId id, string? reason = null);

    Task<JobState> Resume(JobId id, string? reason = null);

    /// <summary>Running steps are asked to stop.</summary>
    Task<JobState> Cancel(JobId id, string? reason = null);

    /// <summary>Starts a failed job again from a step; earlier results stay.</summary>
    Task<JobState> Recover(JobId id, string fromStep, string? reason = null);

    /// <summary>-100..100; a higher one is admitted first.</summary>
    Task<JobState> ChangePriority(JobId id, int priority, string? reason = null);

    /// <summary>The same for another tenant's jobs; without it they are those of <c>default</c>.</summary>
    IDispatcherClient ForTenant(string tenant);
}

/// <summary>What a job may be given beside its workflow and input.</summary>
public sealed record SubmitOptions
{
    /// <summary>The workflow's version; the newest if absent.</summary>
    public int? Version { get; init; }

    /// <summary>A second submission with this key gives the first one's job.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>-100..100; a higher one is admitted first.</summary>
    public int Priority { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Follows the job through logs, events and callbacks.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The job does not start before this time.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>Jobs that must end before this one starts.</summary>
    public IReadOnlyList<JobId>? DependsOn { get; init; }

    /// <summary>Who gave the order, as events record it.</summary>
    public string By { get; init; } = "application";
}

/// <summary>Dispatcher refuses: the message says what was wrong and what to do.</summary>
/// <param name="code">Stable, lower case with dashes: the codes of the REST gateway.</param>
public sealed class DispatcherRefusedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>The order is durable and is not to be given again, but the job's own node does not answer soon: what comes of it is seen at the job.</summary>
public sealed class DispatcherAcceptedException(JobId jobId)
    : Exception($"The order for job {jobId} is durable, and the job's node does not answer now; it takes effect when it does.")
{
    public JobId JobId => jobId;
}

/// <summary>The store cannot take the order now; it may or may not have taken effect. Give it again in a moment.</summary>
public sealed class DispatcherUnavailableException(string message) : Exception(message)
{
    /// <summary>True when the reason is that there is no room on the disk.</summary>
    public bool IsDiskFull { get; init; }
}
