using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows.Asl;

/// <summary>A task's <c>Retry</c> as a retry policy. An attempt whose process died is tried again in any case, since a state machine knows no such error.</summary>
internal static class AslRetry
{
    private const int DefaultMaxAttempts = 3;
    private const double DefaultBackoffRate = 2;
    private const double MaxRate = 100;

    /// <summary>Attempts in all of a task without <c>Retry</c>: only for lost processes.</summary>
    private const int AttemptsIfLost = 4;

    private static readonly string[] Supported = ["ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"];

    private static readonly IReadOnlyDictionary<string, ErrorClass[]> ClassesByError = new Dictionary<string, ErrorClass[]>(StringComparer.Ordinal)
    {
        ["States.ALL"] = [ErrorClass.Transient, ErrorClass.Timeout],
        ["States.TaskFailed"] = [ErrorClass.Transient],
        ["States.Timeout"] = [ErrorClass.Timeout],
        ["States.HeartbeatTimeout"] = [ErrorClass.Timeout],
        ["TRANSIENT_DEPENDENCY"] = [ErrorClass.Transient],
        ["TIMEOUT"] = [ErrorClass.Timeout],
        ["UNKNOWN"] = [ErrorClass.Transient],
        ["Lambda.ServiceException"] = [ErrorClass.Transient],
        ["Lambda.AWSLambdaException"] = [ErrorClass.Transient],
        ["Lambda.SdkClientException"] = [ErrorClass.Transient],
        ["Lambda.TooManyRequestsException"] = [ErrorClass.Transient],
    };

    /// <summary>Errors of the input: the same input fails again.</summary>
    private static readonly string[] NeverRetried = ["INPUT_MISSING", "VALIDATION_FAILED", "CODEC_UNSUPPORTED"];

    public static SourceNode Of(AslState state, FaultReport report)
    {
        var retriers = AslFields.Items(state.Node, state.Path, "Retry", report);
        if (retriers.Count > 1) state.Fault("Retry", WorkflowFaultCodes.InvalidValue, "more than one retrier is not supported; name all errors in one");
        if (retriers.Count == 0) return Policy(AttemptsIfLost, [ErrorClass.WorkerLost]);
        var (node, path) = retriers[0];
        AslFields.RefuseOthers(node, path, Supported, "a retrier", report);
        if (node.Property("JitterStrategy") is { } jitter && jitter is not { Kind: JsonValueKind.String, Text: "NONE" })
            report.Add(WorkflowFaultCodes.InvalidValue, jitter, path.Property("JitterStrategy"), "only NONE is supported");
        var longest = WorkflowLimits.Duration.TotalSeconds;
        var interval = AslFields.Number(node, path, "IntervalSeconds", 1, longest, isWhole: true, report) ?? 1;
        var retries = (int)(AslFields.Number(node, path, "MaxAttempts", 0, WorkflowLimits.MaxAttempts - 1, isWhole: true, report) ?? DefaultMaxAttempts);
        var rate = AslFields.Number(node, path, "BackoffRate", 1, MaxRate, isWhole: false, report) ?? DefaultBackoffRate;
        var bound = AslFields.Number(node, path, "MaxDelaySeconds", interval, longest, isWhole: true, report) ?? longest;
        var classes = ClassesOf(node, path, report);
        if (retries == 0) return Policy(AttemptsIfLost, [ErrorClass.WorkerLost]);
        var last = Math.Min(bound, interval * Math.Pow(rate, retries - 1));
        return Policy(
            retries + 1,
            [.. classes, ErrorClass.WorkerLost],
            ("initial", SourceNode.OfString(Duration.Format(TimeSpan.FromSeconds(interval)))),
            ("factor", new SourceNode { Kind = JsonValueKind.Number, Text = JsonNumber.Canonical(node.Property("BackoffRate")?.Text ?? "2") ?? "2" }),
            ("max", SourceNode.OfString(Duration.Format(TimeSpan.FromMilliseconds(Math.Ceiling(last * 1000))))));
    }

    private static SourceNode Policy(int attempts, IEnumerable<ErrorClass> classes, params ReadOnlySpan<(string, SourceNode)> more) => SourceNode.OfProperties(
    [
        ("max_attempts", SourceNode.OfNumber(attempts)), .. more.ToArray(),
        ("on", SourceNode.OfItems(classes.Distinct().Select(found => SourceNode.OfString(found.ToText())))),
    ]);

    private static IReadOnlyList<ErrorClass> ClassesOf(SourceNode node, FieldPath path, FaultReport report)
    {
        var errors = AslFields.Items(node, path, "ErrorEquals", report);
        if (errors.Count == 0) report.Add(WorkflowFaultCodes.MissingKey, node, path, "the field `ErrorEquals` is missing or empty");
        var classes = new List<ErrorClass>();
        foreach (var (error, at) in errors)
        {
            if (ClassesByError.TryGetValue(error.Text, out var found)) classes.AddRange(found);
            else if (NeverRetried.Contains(error.Text, StringComparer.Ordinal)) report.Add(WorkflowFaultCodes.InvalidValue, error, at, $"{error.Text} is never tried again: the same input would fail again");
            else report.Add(WorkflowFaultCodes.InvalidValue, error, at, $"there is no error '{Suggestion.Clip(error.Text)}'{Suggestion.For(error.Text, ClassesByError.Keys)}; known are {string.Join(", ", ClassesByError.Keys)}");
        }

        return classes;
    }
}
