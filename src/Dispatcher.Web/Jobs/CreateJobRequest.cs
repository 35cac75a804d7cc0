using System.Text.Json;

namespace Dispatcher.Web.Jobs;

/// <summary>A job to be made.</summary>
internal sealed record CreateJobRequest
{
    /// <summary>The workflow's name in the tenant's registry.</summary>
    public required string Workflow { get; init; }

    /// <summary>The newest version if absent.</summary>
    public int? Version { get; init; }

    /// <summary>One JSON object; at most 256 KiB.</summary>
    public JsonElement? Input { get; init; }
}
