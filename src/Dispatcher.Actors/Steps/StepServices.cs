using Dispatcher.Steps.Artifacts;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Steps;

/// <summary>The edges and settings of step actors, and their count.</summary>
public sealed class StepServices(IArtifactStore artifacts, ILogger logger)
{
    private int _running;
    private int _external;
    private long _abandoned;
    private long _bodiesEnded;
    private TaskCompletionSource? _idle;

    public IArtifactStore Artifacts { get; } = artifacts;

    public ILogger Logger { get; } = logger;

    /// <summary>How long a handler that was asked to stop may take before it is abandoned.</summary>
    public TimeSpan AbandonAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time of an attempt whose step names none; none if absent.</summary>
    public TimeSpan? DefaultTimeout { get; init; }

    /// <summary>The least time between two progress reports of a step, and of a job.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What is measured; nothing if absent.</summary>
    public StepMetrics? Metrics { get; init; }

    /// <summary>Attempts that run in this process now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Attempts that are worked on outside now, or wait for a worker; a stop does not wait for them.</summary>
    public int External => Volatile.Read(ref _external);

    /// <summary>Handlers that ignored their cancellation, since the start.</summary>
    public long Abandoned => Interlocked.Read(ref _abandoned);

    /// <summary>Handlers that ran to their end, since the start.</summary>
    public long BodiesEnded => Interlocked.Read(ref _bodiesEnded);

    /// <summary>Completes when no attempt runs.</summary>
    public Task WhenIdle()
    {
        var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        idle = Interlocked.CompareExchange(ref _idle, idle, null) ?? idle;
        if (Running == 0) idle.TrySetResult();
        return idle.Task;
    }

    internal void OnStarted(bool isExternal)
    {
        if (isExternal) Interlocked.Increment(ref _external);
        else Interlocked.Increment(ref _running);
    }

    internal void OnEnded(bool isExternal)
    {
        Interlocked.Increment(ref _bodiesEnded);
        CountDown(isExternal);
    }

    internal void OnAbandoned(bool isExternal)
    {
        Interlocked.Increment(ref _abandoned);
        CountDown(isExternal);
    }

    private void CountDown(bool isExternal)
    {
        if (isExternal) Interlocked.Decrement(ref _external);
        else if (Interlocked.Decrement(ref _running) == 0) Volatile.Read(ref _idle)?.TrySetResult();
    }
}
