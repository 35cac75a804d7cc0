using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Workers;

/// <summary>One queue of one tenant at one instant. Totals count since the process started.</summary>
/// <param name="Waiting">Tasks in line.</param>
/// <param name="Leased">Tasks with workers, or on their way to them.</param>
/// <param name="OldestWaiting">How long the task that came first has waited; null if none waits.</param>
/// <param name="Polling">Polls that wait for a task of this queue.</param>
/// <param name="Workers">Workers that asked or were heard, by name; those not heard for long may be missing.</param>
/// <param name="CompletedTotal">Tasks that workers completed.</param>
/// <param name="FailedTotal">Tasks that workers reported as failed.</param>
/// <param name="LostTotal">Leases that ended because the worker was not heard any more.</param>
/// <param name="WaitTime">From the line into a worker's hands.</param>
/// <param name="RunTime">From a worker's hands to its answer.</param>
public sealed record QueueStatistics(
    string Queue,
    int Waiting,
    int Leased,
    TimeSpan? OldestWaiting,
    int Polling,
    ImmutableArray<WorkerSeen> Workers,
    long CompletedTotal,
    long FailedTotal,
    long LostTotal,
    SpanSummary WaitTime,
    SpanSummary RunTime);

/// <summary>A worker as a queue knows it.</summary>
/// <param name="Leases">Tasks of this queue that it has now.</param>
/// <param name="IsDraining">It said with its last poll that it takes no more.</param>
public sealed record WorkerSeen(string Name, DateTimeOffset LastSeen, int Leases, bool IsDraining);

/// <summary>Lengths of time since the start of the process.</summary>
/// <param name="MeanMs">0 if there is none.</param>
public sealed record SpanSummary(long Count, double MeanMs, double MaxMs);

/// <summary>Why a step that is given to workers has not ended yet.</summary>
/// <param name="Queue">The queue's name.</param>
/// <param name="Before">How many tasks of the queue come before it; null once it is not in line any more.</param>
/// <param name="Polling">Polls that wait for a task of the queue now. A task that waits while this is 0 waits for a worker to ask.</param>
/// <param name="Worker">Who has it, if somebody has.</param>
/// <param name="LeaseExpiresAt">When its lease ends unless its worker is heard.</param>
/// <param name="Sentence">The same for people, without a full stop.</param>
public sealed record WorkerWait(StepKey Step, string Queue, int? Before, int Polling, string? Worker, DateTimeOffset? LeaseExpiresAt, string Sentence);
