using System.Text.Json;
using System.Text.RegularExpressions;
using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;
using Dispatcher.Web.Problems;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Workers;

/// <summary>What a worker's requests must look like. Each check gives the faults, or none.</summary>
internal static partial class WorkerChecks
{
    public const int HeartbeatLimit = 100;
    private const int WorkerNameCharacters = 128;
    private const int ArtifactNameCharacters = 200;
    private static readonly TimeSpan RetryAfterLimit = TimeSpan.FromHours(24);

    public static IEnumerable<RequestFault> FaultsOf(LeaseTasksRequest request)
    {
        if (request.Queues.Count is 0 or > LeaseRequest.QueueLimit) yield return new RequestFault("queues", $"has {request.Queues.Count} items; it must have 1 to {LeaseRequest.QueueLimit}");
        for (var i = 0; i < request.Queues.Count && i < LeaseRequest.QueueLimit; i++)
        {
            if (request.Queues[i] is not { } name || !QueueName().IsMatch(name)) yield return new RequestFault($"queues[{i}]", "is no name of a queue: lower-case letters, digits, dots, dashes and underscores, at most 63");
        }

        if (request.Worker.Length is 0 or > WorkerNameCharacters || request.Worker.Any(char.IsControl)) yield return new RequestFault("worker", $"must have 1 to {WorkerNameCharacters} characters, none of them a control character");
        if (request.Capacity is < 1 or > LeaseRequest.MaxLimit) yield return new RequestFault("capacity", $"is {request.Capacity}; it must be 1 to {LeaseRequest.MaxLimit}");
        if (request.WaitMs < 0 || request.WaitMs > LeaseRequest.WaitLimit.TotalMilliseconds) yield return new RequestFault("wait_ms", $"is {request.WaitMs}; it must be 0 to {LeaseRequest.WaitLimit.TotalMilliseconds}");
    }

    public static IEnumerable<RequestFault> FaultsOf(HeartbeatRequest request)
    {
        if (request.Leases.Count is 0 or > HeartbeatLimit) yield return new RequestFault("leases", $"has {request.Leases.Count} items; it must have 1 to {HeartbeatLimit}");
        for (var i = 0; i < request.Leases.Count && i < HeartbeatLimit; i++)
        {
            if (request.Leases[i] is not { } item)
            {
                yield return new RequestFault($"leases[{i}]", "is null");
                continue;
            }

            if (item.Progress is { } percent && !(percent is >= 0 and <= 100)) yield return new RequestFault($"leases[{i}].progress", "must be 0 to 100");
            if (item.Checkpoint is { } checkpoint && BytesOf(checkpoint) is > WorkerDesk.CheckpointLimitBytes and var bytes)
                yield return new RequestFault($"leases[{i}].checkpoint", $"has {bytes:N0} bytes; at most {WorkerDesk.CheckpointLimitBytes:N0} are allowed");
        }
    }

    public static IEnumerable<RequestFault> FaultsOf(CompleteRequest request)
    {
        if (request.Artifacts is not { } artifacts) yield break;
        if (artifacts.Count > WorkerDesk.ArtifactLimit) yield return new RequestFault("artifacts", $"has {artifacts.Count} items; at most {WorkerDesk.ArtifactLimit} are allowed");
        for (var i = 0; i < artifacts.Count; i++)
        {
            if (artifacts[i] is null) yield return new RequestFault($"artifacts[{i}]", "is null");
            else if (artifacts[i].Name is { Length: 0 or > ArtifactNameCharacters }) yield return new RequestFault($"artifacts[{i}].name", $"must have 1 to {ArtifactNameCharacters} characters");
        }
    }

    public static IEnumerable<RequestFault> FaultsOf(FailRequest request, out TimeSpan? retryAfter)
    {
        var faults = new List<RequestFault>();
        retryAfter = null;
        if (request.Error.Class == ErrorClass.WorkerLost) faults.Add(new RequestFault("error.class", "must be transient, timeout, invalid-input or permanent; worker-lost is what the server finds"));
        if (request.Error.Code is { } code && !CodeWord().IsMatch(code)) faults.Add(new RequestFault("error.code", "must be upper-case letters, digits and underscores, at most 64, such as NO_CODEC"));
        if (request.Error.Message.Length == 0) faults.Add(new RequestFault("error.message", "must say what went wrong"));
        if (request.RetryAfter is not { } text) return faults;
        if (Duration.TryParse(text, out var wait) && wait >= TimeSpan.Zero && wait <= RetryAfterLimit) retryAfter = wait;
        else faults.Add(new RequestFault("retry_after", "must be a duration such as 30s or 5m, at most 24h"));
        return faults;
    }

    private static int BytesOf(JsonElement value) => System.Text.Encoding.UTF8.GetByteCount(value.GetRawText());

    [GeneratedRegex(@"\A" + WorkerHandler.QueueName + @"\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QueueName();

    [GeneratedRegex(@"\A[A-Z][A-Z0-9_]{0,63}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeWord();
}
