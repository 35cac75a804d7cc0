using Dispatcher.Jobs;
using Dispatcher.Web.Jobs.Listing;
using Dispatcher.Web.Requests;

namespace Dispatcher.Web.Jobs.Bulk;

/// <summary>One command for all jobs that a filter finds.</summary>
internal sealed record BulkRequest
{
    /// <summary>Which jobs; at least one field.</summary>
    public required BulkFilter Filter { get; init; }

    /// <summary>approve, reject, pause, resume, cancel, recover, retry or priority.</summary>
    public required string Command { get; init; }

    /// <summary>What the command needs.</summary>
    public BulkArguments? Args { get; init; }

    /// <summary>At most 500 characters; recorded with each command.</summary>
    public string? Reason { get; init; }

    /// <summary>Only tell which jobs it would be. False if absent.</summary>
    public bool? DryRun { get; init; }
}

/// <summary>Which jobs: all that is given holds together, as in a list.</summary>
internal sealed record BulkFilter
{
    /// <summary>One status, such as `failed`.</summary>
    public string? Status { get; init; }

    /// <summary>A workflow's name.</summary>
    public string? Workflow { get; init; }

    /// <summary>A label as `name=value`; several with commas between.</summary>
    public string? Label { get; init; }

    /// <summary>Words that must all be among the job's terms.</summary>
    public string? Text { get; init; }

    /// <summary>Created at this time or later.</summary>
    public Rfc3339? CreatedFrom { get; init; }

    /// <summary>Created before this time.</summary>
    public Rfc3339? CreatedBefore { get; init; }

    /// <summary>True when it leaves nothing out.</summary>
    public bool IsEmpty() => this == new BulkFilter();
}

/// <summary>What some commands need.</summary>
internal sealed record BulkArguments
{
    /// <summary>recover: the step from which a job goes on.</summary>
    public string? FromStep { get; init; }

    /// <summary>retry: the step to try again. approve and reject: the step that waits; the only one if absent.</summary>
    public string? Step { get; init; }

    /// <summary>priority: -100..100.</summary>
    public int? Priority { get; init; }
}

/// <summary>What a bulk command would do.</summary>
/// <param name="Matched">Jobs that the filter finds, as far as it was followed.</param>
/// <param name="More">True when there may be more than those.</param>
/// <param name="Targets">The newest of them, at most 100.</param>
internal sealed record BulkPreview(int Matched, bool More, IReadOnlyList<JobListItem> Targets);

/// <summary>The input of the job that carries a bulk command out: the request, and who gave it.</summary>
internal sealed record BulkInput(BulkRequest Request, string By);

/// <summary>How far a bulk command is; its step's checkpoint, and in the end the job's output.</summary>
/// <param name="Last">The job that was looked at last; null before the first.</param>
/// <param name="Pages">Files of outcomes that are complete.</param>
internal sealed record BulkTotals(JobId? Last, int Pages, long Targets, long Applied, long Unchanged, long Refused, long Gone)
{
    public static BulkTotals None { get; } = new(null, 0, 0, 0, 0, 0, 0);
}

/// <summary>What came of the command for one job: a line of <c>outcomes.jsonl</c>.</summary>
/// <param name="Outcome">applied, unchanged, refused or gone.</param>
/// <param name="Status">The job's status afterwards.</param>
/// <param name="Code">Why it was refused, as a stable code.</param>
/// <param name="Detail">The same for people.</param>
internal sealed record BulkOutcome(JobId Job, string Outcome, JobStatus? Status, string? Code, string? Detail);
