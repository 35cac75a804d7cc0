using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Jobs.Reading;

namespace Dispatcher.Web.Jobs.Listing;

/// <summary>Jobs, newest first.</summary>
/// <param name="Next">Give it as <c>cursor</c> for the next page; absent at the end. A page may be short, even empty, and have a next one.</param>
internal sealed record JobPageView(IReadOnlyList<JobListItem> Jobs, string? Next);

/// <summary>A job in a list; but for the id, fields that were not asked for are absent.</summary>
internal sealed record JobListItem
{
    public required JobId Id { get; init; }

    public JobStatus? Status { get; init; }

    public WorkflowView? Workflow { get; init; }

    public int? Priority { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>For what it waits while nothing of it runs.</summary>
    public WaitView? WaitsFor { get; init; }

    public string? CorrelationId { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public static JobListItem Of(JobRow row, ListFields fields) => new()
    {
        Id = row.Id,
        Status = fields.HasFlag(ListFields.Status) ? row.Status : null,
        Workflow = fields.HasFlag(ListFields.Workflow) ? new WorkflowView(row.WorkflowName, row.WorkflowVersion) : null,
        Priority = fields.HasFlag(ListFields.Priority) ? row.Priority : null,
        CreatedAt = fields.HasFlag(ListFields.CreatedAt) ? row.CreatedAt : null,
        UpdatedAt = fields.HasFlag(ListFields.UpdatedAt) ? row.UpdatedAt : null,
        WaitsFor = fields.HasFlag(ListFields.WaitsFor) && row.WaitsFor is { } kind ? new WaitView(kind, row.WakeAt > JobRow.Active ? row.WakeAt : null) : null,
        CorrelationId = fields.HasFlag(ListFields.CorrelationId) ? row.CorrelationId : null,
        Labels = fields.HasFlag(ListFields.Labels) && row.Labels is { IsEmpty: false } ? row.Labels : null,
    };
}

/// <summary>The fields of a listed job, beside its id.</summary>
[Flags]
internal enum ListFields
{
    None = 0,
    Status = 1,
    Workflow = 1 << 1,
    Priority = 1 << 2,
    CreatedAt = 1 << 3,
    UpdatedAt = 1 << 4,
    WaitsFor = 1 << 5,
    CorrelationId = 1 << 6,
    Labels = 1 << 7,
    All = (1 << 8) - 1,
}

/// <summary>The fields as callers name them.</summary>
internal static class ListFieldNames
{
    public static IReadOnlyDictionary<string, ListFields> ByName { get; } =
        Enum.GetValues<ListFields>().Where(field => field is not (ListFields.None or ListFields.All)).ToDictionary(NameOf, StringComparer.Ordinal);

    private static string NameOf(ListFields field) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(field.ToString());
}
