namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.workers</c></summary>
public sealed record WorkerSettings
{
    public int MaxWaitingPolls { get; init; } = 10_000;

    public long ArtifactLimitBytes { get; init; } = 1024L * 1024 * 1024;

    internal static WorkerSettings From(CheckedSettings settings) => new()
    {
        MaxWaitingPolls = settings.Integer("dispatcher.workers.max-waiting-polls"),
        ArtifactLimitBytes = settings.Size("dispatcher.workers.artifact-limit"),
    };
}
