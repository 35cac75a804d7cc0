using Dispatcher.Steps.Workers;

namespace Dispatcher.Web.Workers;

/// <summary>The tenant's queues, by name. Numbers are of this process: a restart begins anew.</summary>
internal sealed record QueuePage(IReadOnlyList<QueueView> Queues)
{
    public static QueuePage Of(IEnumerable<QueueStatistics> queues) => new([.. queues.Select(QueueView.Of)]);
}

/// <summary>One queue.</summary>
/// <param name="Waiting">Tasks in line.</param>
/// <param name="Leased">Tasks with workers.</param>
/// <param name="OldestWaitingMs">How long the oldest of those that wait has waited.</param>
/// <param name="Polling">Polls that wait for a task.</param>
/// <param name="LostTotal">Leases that ended because their worker was not heard any more.</param>
/// <param name="WaitMs">From the line into a worker's hands.</param>
/// <param name="RunMs">From a worker's hands to its answer.</param>
internal sealed record QueueView(
    string Queue,
    int Waiting,
    int Leased,
    long? OldestWaitingMs,
    int Polling,
    long CompletedTotal,
    long FailedTotal,
    long LostTotal,
    SpanView WaitMs,
    SpanView RunMs,
    IReadOnlyList<WorkerView> Workers)
{
    public static QueueView Of(QueueStatistics queue) => new(
        queue.Queue,
        queue.Waiting,
        queue.Leased,
        (long?)queue.OldestWaiting?.TotalMilliseconds,
        queue.Polling,
        queue.CompletedTotal,
        queue.FailedTotal,
        queue.LostTotal,
        SpanView.Of(queue.WaitTime),
        SpanView.Of(queue.RunTime),
        [.. queue.Workers.Select(worker => new WorkerView(worker.Name, worker.LastSeen, worker.Leases, worker.IsDraining))]);
}

/// <param name="Count">How many were measured.</param>
internal sealed record SpanView(long Count, double Mean, double Max)
{
    public static SpanView Of(SpanSummary summary) => new(summary.Count, Math.Round(summary.MeanMs, 1), Math.Round(summary.MaxMs, 1));
}

/// <param name="LastSeen">When it last asked or was heard.</param>
/// <param name="Leases">Tasks of this queue that it has now.</param>
/// <param name="Draining">It said that it takes no more.</param>
internal sealed record WorkerView(string Worker, DateTimeOffset LastSeen, int Leases, bool Draining);
