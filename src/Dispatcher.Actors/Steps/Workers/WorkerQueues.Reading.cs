using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Workers;

/// <summary>What the queues say of themselves.</summary>
public sealed partial class WorkerQueues
{
    /// <summary>The queues of a tenant in the order of their names, each as of one instant.</summary>
    public ImmutableArray<QueueStatistics> Statistics(string tenant)
    {
        lock (_gate) return [.. _book.Of(tenant).OrderBy(line => line.Name, StringComparer.Ordinal).Select(Summary)];
    }

    /// <summary>Why a step waits here, or which worker has it; null if it is no step of the handler <c>worker</c> that runs on this node.</summary>
    public WorkerWait? Explain(JobId job, StepKey step)
    {
        lock (_gate) return _jobs.FindTask(job, step) is { } task ? Explain(task) : null;
    }

    private QueueStatistics Summary(WorkQueue line)
    {
        TimeSpan? oldest = line.Waiting.Count == 0 ? null : line.Waiting.Max(task => _system.Time.GetElapsedTime(task.OfferedTimestamp));
        return new QueueStatistics(
            line.Name,
            line.Waiting.Count,
            line.Leased,
            oldest,
            line.Polls.Count,
            [.. line.Workers.OrderBy(worker => worker.Name, StringComparer.Ordinal).Select(worker => new WorkerSeen(worker.Name, worker.LastSeen, worker.Leases, worker.IsDraining))],
            line.CompletedTotal,
            line.FailedTotal,
            line.LostTotal,
            Summary(line.WaitTimes),
            Summary(line.RunTimes));
    }

    private static SpanSummary Summary(SpanStatistics spans) => new(spans.Count, spans.MeanMs, spans.MaxMs);

    private static WorkerWait Explain(WorkerTask task)
    {
        var (line, step) = (task.Line, task.Context.Step);
        if (task.Lease is { } lease)
        {
            var sentence = $"step {step} is with worker '{lease.Worker}' (queue '{line.Name}'), which must be heard before {lease.ExpiresAt:HH:mm:ss} UTC";
            return new WorkerWait(step, line.Name, null, line.Polls.Count, lease.Worker, lease.ExpiresAt, sentence);
        }

        if (task.Phase == WorkerTaskPhase.HandingOver) return new WorkerWait(step, line.Name, null, line.Polls.Count, null, null, $"step {step} is on its way to a worker of queue '{line.Name}'");
        var before = line.Waiting.TakeWhile(other => other != task).Count();
        var ahead = before == 0 ? "it is next" : $"{before} before it";
        return new WorkerWait(step, line.Name, before, line.Polls.Count, null, null, $"step {step} waits for a worker of queue '{line.Name}': {ahead}, {Asking(line)}");
    }

    private static string Asking(WorkQueue line) => line.Leased == 0
        ? "no worker asks for tasks of this queue"
        : $"no worker is free, {(line.Leased == 1 ? "1 task is" : $"{line.Leased} tasks are")} with workers";
}
