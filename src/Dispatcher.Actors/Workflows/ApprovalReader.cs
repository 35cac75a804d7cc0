using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Workflows;

/// <summary>Whether a job waits for somebody's approval before it runs, for how long, and what nobody's answer means.</summary>
internal readonly record struct ApprovalRule(bool IsRequired, TimeSpan? Deadline, OnTimeout OnTimeout);

/// <summary>Reads <c>approval: required</c> and its long form <c>{ required, deadline, on_timeout }</c>; both have one canonical spelling.</summary>
internal static class ApprovalReader
{
    private const string Key = "approval";
    private const string Required = "required";

    private static readonly string[] Keys = [Required, "deadline", "on_timeout"];

    public static ApprovalRule Read(Fields fields, FaultReport report)
    {
        if (fields.Raw(Key) is not { } node) return default;
        if (node.Kind == JsonValueKind.Object) return ReadLong(fields, node, report);
        if (fields.Text(Key) is not { } text) return default;
        if (string.Equals(text, Required, StringComparison.Ordinal)) return new ApprovalRule(true, null, default);
        fields.Fault(WorkflowFaultCodes.InvalidValue, Key, $"must be required, an object, or left out, not '{Suggestion.Clip(text)}'");
        return default;
    }

    private static ApprovalRule ReadLong(Fields fields, SourceNode node, FaultReport report)
    {
        if (Fields.Open(node, fields.Path.Property(Key), report, Keys) is not { } approval) return default;
        var isRequired = approval.Boolean(Required) ?? true;
        var deadline = approval.Duration("deadline");
        var onTimeout = approval.Choice("on_timeout", OnTimeout.Reject) ?? OnTimeout.Reject;
        if (approval.Raw("on_timeout") is not null && approval.Raw("deadline") is null)
            approval.Fault(WorkflowFaultCodes.InvalidValue, "on_timeout", "has a meaning only with a deadline");
        if (!isRequired && approval.Raw("deadline") is not null)
            approval.Fault(WorkflowFaultCodes.InvalidValue, "deadline", "has a meaning only if the approval is required");
        if (isRequired) fields.Keep(Key, approval.IsCanonicallyEmpty ? SourceNode.OfString(Required) : approval.Canonical);
        return new ApprovalRule(isRequired, deadline, onTimeout);
    }
}
