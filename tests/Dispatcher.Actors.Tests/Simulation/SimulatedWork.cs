using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>
/// The handler of simulated steps. <c>with</c>: <c>seconds</c> of virtual work, <c>fail_until</c> an attempt, <c>fail</c> for good, <c>checkpoint</c> half-way,
/// <c>hang</c> until cancelled, <c>fail_unless_recovered</c>, <c>fail_first_child</c>. Begin and end of each body are edge calls.
/// </summary>
internal sealed class SimulatedWork(Func<string, bool> edge, Action<StepContext> onBegin, Func<JobId, bool> isRecovered, Func<JobId, bool> isLaterChild) : IStepHandler
{
    public string Name => "sim.work";

    public JsonSchema? With => null;

    public async ValueTask<StepResult> Run(StepContext context)
    {
        onBegin(context);
        if (edge($"begin {context.IdempotencyKey} attempt {context.Attempt}")) await EdgeCountingStore.Never();
        var with = context.With ?? default;
        var seconds = Number(with, "seconds") ?? 1;
        if (Number(with, "hang") is not null) await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, context.Cancellation);
        if (Number(with, "checkpoint") is not null && context.Checkpoint is null)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds / 2), context.Time, context.Cancellation);
            await context.SaveCheckpoint(JsonSerializer.SerializeToElement("half"));
            seconds /= 2;
        }

        if (seconds > 0) await Task.Delay(TimeSpan.FromSeconds(seconds), context.Time, context.Cancellation);
        if (edge($"end {context.IdempotencyKey} attempt {context.Attempt}")) await EdgeCountingStore.Never();
        if (Number(with, "fail_unless_recovered") is not null && !isRecovered(context.JobId)) throw new StepFailedException(ErrorClass.Permanent, "not recovered");
        if (Number(with, "fail_first_child") is not null && !isLaterChild(context.JobId)) throw new StepFailedException(ErrorClass.Permanent, "the first child");
        if (Number(with, "fail") is not null) throw new StepFailedException(ErrorClass.Permanent, "asked to fail");
        if (context.Attempt < Number(with, "fail_until")) throw new StepFailedException(ErrorClass.Transient, "not yet");
        return new StepResult.Completed(context.With, []);
    }

    private static double? Number(JsonElement with, string name) =>
        with.ValueKind == JsonValueKind.Object && with.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}

/// <summary>The handler of steps that a worker outside does: it leases the attempt, works for five seconds of virtual time, and answers. It goes on where it was when the node has died.</summary>
internal sealed class SimulatedWorker(Func<string, bool> edge, Action<StepContext> onBegin) : IExternalStepHandler
{
    public string Name => "sim.outside";

    public JsonSchema? With => null;

    public async ValueTask<StepResult> Run(StepContext context)
    {
        onBegin(context);
        if (edge($"offer {context.IdempotencyKey} attempt {context.Attempt} lease {context.Lease?.Token}")) await EdgeCountingStore.Never();
        var token = context.Lease?.Token ?? await context.RecordLease("worker");
        await Task.Delay(TimeSpan.FromSeconds(5), context.Time, context.Cancellation);
        if (edge($"answer {context.IdempotencyKey} attempt {context.Attempt} lease {token}")) await EdgeCountingStore.Never();
        return new StepResult.Completed(JsonSerializer.SerializeToElement(token), []);
    }
}
