using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>Reads a step's <c>retry</c>.</summary>
internal static class RetryReader
{
    private const double MaxFactor = 100;
    private static readonly string[] Keys = ["max_attempts", "backoff", "initial", "factor", "max", "jitter", "max_elapsed", "on"];
    private static readonly RetryPolicy Default = RetryPolicy.Default;

    public static RetryPolicy Read(Fields step, FaultReport report)
    {
        if (step.Raw("retry") is not { } node || Fields.Open(node, step.Path.Property("retry"), report, Keys) is not { } fields)
            return Default;
        var initial = fields.Duration("initial", allowsZero: true, Default.Initial) ?? Default.Initial;

        // An initial delay above the usual bound must not be cut by a bound that nobody wrote.
        var defaultMax = initial > Default.Max ? initial : Default.Max;
        var policy = new RetryPolicy
        {
            MaxAttempts = fields.Integer("max_attempts", 1, WorkflowLimits.MaxAttempts, Default.MaxAttempts) ?? Default.MaxAttempts,
            Backoff = fields.Choice("backoff", Default.Backoff) ?? Default.Backoff,
            Initial = initial,
            Factor = fields.Number("factor", 1, MaxFactor, Default.Factor) ?? Default.Factor,
            Max = fields.Duration("max", allowsZero: false, defaultMax) ?? defaultMax,
            Jitter = fields.Number("jitter", 0, 1, Default.Jitter) ?? Default.Jitter,
            MaxElapsed = fields.Duration("max_elapsed"),
            On = On(fields, report),
        };
        if (policy.Max < policy.Initial)
            fields.Fault(WorkflowFaultCodes.InvalidValue, "max", $"must not be less than initial ({Duration.Format(policy.Initial)})");
        if (policy.MaxElapsed < policy.Initial)
            fields.Fault(WorkflowFaultCodes.InvalidValue, "max_elapsed", $"must not be less than initial ({Duration.Format(policy.Initial)})");
        if (!fields.IsCanonicallyEmpty) step.Keep("retry", fields.Canonical);
        return policy;
    }

    private static ImmutableArray<ErrorClass> On(Fields fields, FaultReport report)
    {
        if (fields.Raw("on") is not { } list) return Default.On;
        var classes = new SortedSet<ErrorClass>();
        foreach (var (_, node, path) in fields.Texts("on"))
        {
            if (fields.ChoiceOf<ErrorClass>(node, path) is not { } found) continue;
            if (found is ErrorClass.InvalidInput or ErrorClass.Permanent)
                report.Add(WorkflowFaultCodes.InvalidValue, node, path, $"{found.ToText()} is never tried again");
            else classes.Add(found);
        }

        if (list.Kind == JsonValueKind.Array && list.Items.IsEmpty)
            fields.Fault(WorkflowFaultCodes.InvalidValue, "on", "names at least one class; for no retries write max_attempts: 1");
        if (!classes.SetEquals(Default.On))
            fields.Keep("on", SourceNode.OfItems(classes.Select(found => SourceNode.OfString(found.ToText()))));
        return [.. classes];
    }
}
