using Dispatcher.Jobs;

namespace Dispatcher.Web.Jobs;

/// <summary>A job as the gateway shows it.</summary>
internal sealed record JobView
{
    public required string Id { get; init; }

    public required JobStatus Status { get; init; }

    /// <summary>The number of the job's last event: for <c>If-Match</c>, and to resume streams from.</summary>
    public required long Version { get; init; }
}
