using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Web.Jobs.Commanding;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Quotas;

namespace Dispatcher.Web.Jobs.Creating;

/// <summary>Jobs to be made, each with its own answer.</summary>
internal sealed record BatchRequest
{
    public const int LimitJobs = 1000;

    /// <summary>1 to 1,000 requests as for a job alone. Read one by one, so that one that is wrong harms no other.</summary>
    public required IReadOnlyList<JsonElement> Jobs { get; init; }
}

/// <summary>What came of a batch.</summary>
/// <param name="Results">In the order of the request.</param>
internal sealed record BatchResponse(IReadOnlyList<BatchResult> Results);

/// <summary>What came of one item.</summary>
/// <param name="Status">The HTTP status that the job alone would have got: 201, 200, or a refusal's.</param>
/// <param name="Job">The job, if there is one.</param>
/// <param name="Error">Why there is none.</param>
internal sealed record BatchResult(int Status, JobReceipt? Job, BatchError? Error, CommandReceipt? Accepted)
{
    public static BatchResult Of(Creation creation) => new(creation.Status, creation.Job, creation.Refusal is { } refusal ? BatchError.Of(refusal) : null, creation.Accepted);
}

/// <summary>Why an item was refused: the same fields as in problem details.</summary>
/// <param name="JobId">The job that has the item's idempotency key.</param>
/// <param name="Quota">The account that has not enough, and what was asked of it: the fields that stand in the problem of a job alone.</param>
internal sealed record BatchError(string Code, string Detail, IReadOnlyList<RequestFault>? Faults, string? JobId, ShortageView? Quota = null)
{
    public static BatchError Of(Refusal refusal) =>
        new(refusal.Code, refusal.Detail, refusal.Faults.Count == 0 ? null : refusal.Faults, refusal.More?["job_id"] is JsonValue id ? id.GetValue<string>() : null,
            refusal.Quota is { } shortage ? ShortageView.Of(shortage) : null);
}
