using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Steps.Workers;

/// <summary>How a worker says that its task ended.</summary>
public abstract record WorkerAnswer
{
    private WorkerAnswer()
    {
    }

    /// <summary>Whether a later answer says the same, so that it changes nothing.</summary>
    public abstract bool IsSaidAgainBy(WorkerAnswer later);

    public sealed record Completed(JsonElement? Output, ImmutableArray<ArtifactReference> Artifacts) : WorkerAnswer
    {
        public override bool IsSaidAgainBy(WorkerAnswer later) =>
            later is Completed completed
            && AreEqual(Output, completed.Output)
            && completed.Artifacts.All(named => Artifacts.Any(artifact => artifact.Path == named.Path));
    }

    public sealed record Failed(Failure Failure) : WorkerAnswer
    {
        public override bool IsSaidAgainBy(WorkerAnswer later) => later is Failed failed && failed.Failure == Failure;
    }

    internal static bool AreEqual(JsonElement? one, JsonElement? other) =>
        JsonSize.NullAsAbsent(one) is { } left ? JsonSize.NullAsAbsent(other) is { } right && JsonElement.DeepEquals(left, right) : JsonSize.NullAsAbsent(other) is null;
}

/// <summary>What became of an answer.</summary>
public enum AnswerFate
{
    /// <summary>It is in the journal: the attempt has ended as the worker said.</summary>
    Recorded,

    /// <summary>The attempt has ended in another way, or another worker has it.</summary>
    Lost,

    /// <summary>Another answer was given under this lease before.</summary>
    Contradicts,

    /// <summary>This process has no such task, or could not write the answer in time: the journal knows what holds.</summary>
    NotHere,
}

/// <summary>An answer between the worker and the journal.</summary>
internal sealed class PendingAnswer(LeaseKey key, WorkerAnswer answer, WorkQueue line)
{
    public bool IsOf(string tenant, LeaseKey other) => key == other && string.Equals(Line.Tenant, tenant, StringComparison.Ordinal);

    public WorkerAnswer Answer { get; } = answer;

    public WorkQueue Line { get; } = line;

    /// <summary>Tells the worker to come again when the journal takes long.</summary>
    public TimerQueue.Entry? Timer { get; set; }

    public TaskCompletionSource<AnswerFate> Fate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Settle(AnswerFate fate)
    {
        Timer?.Dispose();
        Fate.TrySetResult(fate);
    }
}
