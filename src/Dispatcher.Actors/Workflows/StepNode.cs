using System.Text.Json;
using System.Xml;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>Writes a builder's step as the document that YAML would give, so that both are checked by the same code.</summary>
internal static class StepNode
{
    public static SourceNode Make(string id, string uses, StepOptions options, FieldPath path, FaultReport report)
    {
        var keys = new List<(string, SourceNode)> { ("id", SourceNode.OfString(id)), ("uses", SourceNode.OfString(uses)) };
        Add("needs", options.Needs.Count == 0 ? null : SourceNode.OfItems(options.Needs.Select(SourceNode.OfString)));
        Add("retry", Retry(options, path, report));
        Add("timeout", OfDuration(options.Timeout));
        Add("heartbeat_timeout", OfDuration(options.HeartbeatTimeout));
        Add("estimated_duration", OfDuration(options.EstimatedDuration));
        Add("with", options.With is { } with ? OfObject(with, path.Property("with"), report) : null);
        Add("stage", OfString(options.Stage));
        Add("when", OfString(options.When));
        Add("for_each", options.ForEach is { } items ? OfObject(items, path.Property("for_each"), report) : null);
        Add("max_concurrency", options.MaxConcurrency is { } count ? SourceNode.OfNumber(count) : null);
        Add("on_error", OfString(options.OnError?.ToText()));
        Add("artifacts", options.Artifacts is { Count: > 0 } artifacts ? SourceNode.OfItems(artifacts.OrderBy(artifact => artifact.Key, StringComparer.Ordinal)
            .Select(artifact => SourceNode.OfProperties([("name", SourceNode.OfString(artifact.Key)), ("path", SourceNode.OfString(artifact.Value))]))) : null);
        return SourceNode.OfProperties(keys);

        void Add(string key, SourceNode? value)
        {
            if (value is not null) keys.Add((key, value));
        }
    }

    public static SourceNode OfDuration(TimeSpan duration) => SourceNode.OfString(
        duration < TimeSpan.Zero || duration.Ticks % TimeSpan.TicksPerMillisecond != 0 ? XmlConvert.ToString(duration) : Duration.Format(duration));

    /// <summary>Any object as JSON; one that cannot be written is a fault of the definition like any other.</summary>
    public static SourceNode OfObject(object value, FieldPath path, FaultReport report)
    {
        try
        {
            return JsonSourceReader.FromJson(JsonSerializer.SerializeToElement(value));
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            report.Add(WorkflowFaultCodes.WrongType, (0, 0), path, $"cannot be written as JSON: {exception.Message}");
            return SourceNode.OfProperties([]);
        }
    }

    private static SourceNode? OfDuration(TimeSpan? duration) => duration is { } value ? OfDuration(value) : null;

    private static SourceNode? OfString(string? text) => text is null ? null : SourceNode.OfString(text);

    private static SourceNode? Retry(StepOptions options, FieldPath path, FaultReport report)
    {
        if (options.Retries is { } && options.Retry is not null)
            report.Add(WorkflowFaultCodes.InvalidValue, (0, 0), path.Property("retry"), "give retries or the whole retry policy, not both");
        if (options.Retries is { } retries) return SourceNode.OfProperties([("max_attempts", SourceNode.OfNumber(retries + 1L))]);
        if (options.Retry is not { } policy) return null;
        var keys = new List<(string, SourceNode)>
        {
            ("max_attempts", SourceNode.OfNumber(policy.MaxAttempts)),
            ("backoff", SourceNode.OfString(policy.Backoff.ToText())),
            ("initial", OfDuration(policy.Initial)),
            ("factor", OfObject(policy.Factor, path.Property("retry").Property("factor"), report)),
            ("max", OfDuration(policy.Max)),
            ("jitter", OfObject(policy.Jitter, path.Property("retry").Property("jitter"), report)),
            ("on", SourceNode.OfItems(policy.On.Select(found => SourceNode.OfString(found.ToText())))),
        };
        if (policy.MaxElapsed is { } longest) keys.Add(("max_elapsed", OfDuration(longest)));
        return SourceNode.OfProperties(keys);
    }
}
