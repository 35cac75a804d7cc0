using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Web.Requests;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>A job to be made. Give either a registered workflow or a definition.</summary>
/// <remarks>With setters, since the JSON reader makes a list of all values, boxed, before it makes an object that can only be initialized.</remarks>
internal sealed record CreateJobRequest
{
    /// <summary>The workflow's name in the tenant's registry.</summary>
    public string? Workflow { get; set; }

    /// <summary>The workflow's version; the newest if absent.</summary>
    public int? Version { get; set; }

    /// <summary>A workflow definition of this job alone, in place of a registered one; as in a file, but as JSON.</summary>
    public JsonElement? Definition { get; set; }

    /// <summary>One JSON object that fits the workflow's input schema; at most 256 KiB.</summary>
    public JsonElement? Input { get; set; }

    /// <summary>1 to 200 characters: a second request with this key gives the first one's job. Also as the header Idempotency-Key.</summary>
    public string? IdempotencyKey { get; set; }

    /// <summary>-100..100; a higher one is admitted first. 0 if absent.</summary>
    public int? Priority { get; set; }

    /// <summary>At most 32 names and values, each at most 128 characters; jobs are found by them.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; set; }

    /// <summary>Ids of jobs that must end before this one starts, at most 100. In a batch also <c>#3</c>: the job of the batch's item 3, counted from 0.</summary>
    public IReadOnlyList<string>? DependsOn { get; set; }

    /// <summary>What becomes of the job when one of those does not complete: fail (if absent), run, or skip.</summary>
    public DependencyPolicy? OnDependencyFailure { get; set; }

    /// <summary>The job does not start before this time.</summary>
    public Rfc3339? StartAt { get; set; }

    /// <summary>Where the job's events are posted.</summary>
    public CallbackRequest? Callback { get; set; }

    /// <summary>The id of the tenant's job to which this one belongs. It is shown and nothing else: neither waits for the other.</summary>
    public string? Parent { get; set; }

    /// <summary>1 to 200 characters; follows the job through logs, events and callbacks. The request's own, of the header x-correlation-id, if absent.</summary>
    public string? CorrelationId { get; set; }
}

/// <summary>Where a job's events are to be posted, signed as in Standard Webhooks.</summary>
internal sealed record CallbackRequest
{
    /// <summary>An absolute http or https URL without user and password; at most 2,048 characters.</summary>
    public required string Url { get; init; }

    /// <summary>Names of events (<c>step.failed</c>), <c>job.*</c> (which is meant if absent), <c>step.*</c> or <c>*</c>; at most 32.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    public CallbackSpec ToSpec() => new(Url, Events is null ? null : [.. Events]);
}
