using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Artifacts;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Steps;

/// <summary>The context of an attempt that runs: turns a handler's calls into messages.</summary>
internal sealed class RunningStepContext(ActorCell self, ActorCell job, StepServices services) : StepContext
{
    private const long Never = long.MinValue;
    private const int CheckpointLimitBytes = 64 * 1024;

    private ArtifactFolder? _artifacts;
    private volatile StopReason _stopReason;

    /// <summary>Of the monotonic clock: a clock that somebody sets is neither silence nor a sign of life.</summary>
    private long _lastHeartbeat = Never;
    private long _lastProgress = Never;

    public override ArtifactFolder Artifacts => _artifacts ??= services.Artifacts.FolderOf(Tenant, JobId);

    public override ArtifactFolder ArtifactsOf(JobId job) => services.Artifacts.FolderOf(Tenant, job);

    public override StopReason StopReason => _stopReason;

    /// <summary>Before the cancellation, so that who hears of it can ask.</summary>
    internal void NoteStop(StopReason reason) => _stopReason = reason;

    public override ILogger Logger
    {
        get => field ??= new JobLogger(services.Logger, new JobLogScope(JobId, Tenant, CorrelationId, Step, Attempt));
        init;
    }

    /// <summary>Since when the handler has not said that it is alive; null before the first time.</summary>
    public TimeSpan? SinceHeartbeat => Interlocked.Read(ref _lastHeartbeat) is not Never and var last ? Time.GetElapsedTime(last) : null;

    public override void Heartbeat() => Interlocked.Exchange(ref _lastHeartbeat, Time.GetTimestamp());

    public override void Progress(double percent, string? message = null)
    {
        Heartbeat();
        var now = Interlocked.Read(ref _lastHeartbeat);
        var last = Interlocked.Read(ref _lastProgress);
        if (last != Never && Time.GetElapsedTime(last, now) < services.ProgressInterval && percent < 100) return;
        Interlocked.Exchange(ref _lastProgress, now);
        job.Tell(new StepProgressed(self, Step, Attempt, Math.Clamp(percent, 0, 100), message));
    }

    public override async ValueTask SaveCheckpoint(JsonElement checkpoint)
    {
        Heartbeat();
        if (JsonSize.Of(checkpoint) is > CheckpointLimitBytes and var bytes)
            throw new StepFailedException(ErrorClass.Permanent, $"The checkpoint has {bytes:N0} bytes; at most {CheckpointLimitBytes:N0} are allowed.", "CHECKPOINT_TOO_LARGE");
        var request = new CheckpointRequested(self, Step, Attempt, checkpoint.Clone(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!job.Tell(request)) request.Undelivered();
        await request.Saved.Task;
    }

    public override async ValueTask<long> RecordLease(string worker)
    {
        Heartbeat();
        var request = new LeaseRequested(self, Step, Attempt, worker, new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!job.Tell(request)) request.Undelivered();
        return await request.Leased.Task;
    }
}
