using Dispatcher.Steps;
using Dispatcher.Steps.Functions;

namespace Yoga.Steps;

/// <summary>How long each playbook takes longer than it must, so that there is something to watch, and to kill.</summary>
/// <param name="HoldAt">The capability of a playbook that does not end at all; null: all do.</param>
internal sealed record Pace(TimeSpan Pause, string? HoldAt = null);

/// <summary>A step that runs one of the pure playbooks. It is known by its capability code.</summary>
internal abstract class Playbook<TInput, TOutput>(string capability, Pace pace) : StepHandler<TInput, TOutput>
{
    public override string Name => capability;

    protected abstract TOutput Run(TInput input, DateTimeOffset now, string jobId);

    protected override async Task<TOutput> Run(TInput input, StepContext context)
    {
        var pause = pace.HoldAt == capability ? Timeout.InfiniteTimeSpan : pace.Pause;
        if (pause != TimeSpan.Zero) await Task.Delay(pause, context.Time, context.Cancellation);
        return Run(input, context.Time.GetUtcNow(), context.JobId.ToString());
    }
}
