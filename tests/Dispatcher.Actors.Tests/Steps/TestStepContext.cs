using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Steps;

/// <summary>An attempt as a handler sees it, which remembers what the handler told the engine.</summary>
internal sealed class TestStepContext : StepContext
{
    private readonly ArtifactFolder? _artifacts;

    [SetsRequiredMembers]
    public TestStepContext(string? with = null, ArtifactFolder? artifacts = null)
    {
        JobId = JobId.Parse("01890000-0000-7000-8000-000000000001");
        Tenant = "acme";
        WorkflowName = "test";
        Step = new StepKey("step", null);
        Attempt = 1;
        With = with is null ? null : JsonDocument.Parse(with).RootElement.Clone();
        Checkpoint = null;
        _artifacts = artifacts;
        Time = TimeProvider.System;
        Logger = NullLogger.Instance;
        Cancellation = CancellationToken.None;
        Epoch = 1;
    }

    public override ArtifactFolder Artifacts => _artifacts ?? throw new InvalidOperationException("This test gives its handler no artifacts.");

    /// <summary>Why the test has cancelled the attempt.</summary>
    public StopReason Reason { get; set; }

    public override StopReason StopReason => Reason;

    /// <summary>The folders of other jobs.</summary>
    public Func<JobId, ArtifactFolder>? Others { get; init; }

    public override ArtifactFolder ArtifactsOf(JobId job) => Others?.Invoke(job) ?? base.ArtifactsOf(job);

    /// <summary>Called before a checkpoint is saved; what it throws refuses it.</summary>
    public Action<JsonElement>? Saving { get; set; }

    public int Heartbeats { get; private set; }

    public List<double> Percents { get; } = [];

    public List<JsonElement> Checkpoints { get; } = [];

    public override void Heartbeat() => Heartbeats++;

    public override void Progress(double percent, string? message = null) => Percents.Add(percent);

    public override ValueTask SaveCheckpoint(JsonElement checkpoint)
    {
        Saving?.Invoke(checkpoint);
        Checkpoints.Add(checkpoint.Clone());
        return ValueTask.CompletedTask;
    }
}
