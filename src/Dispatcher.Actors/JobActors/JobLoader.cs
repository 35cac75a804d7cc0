using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.JobActors;

/// <summary>From a stored history to a state: finds the workflow that the job pins, then folds.</summary>
public static class JobLoader
{
    /// <exception cref="JobParkedException">The history cannot be understood here; nothing is lost.</exception>
    public static async ValueTask<(JobState State, WorkflowDefinition Workflow)> Load(JobHistory history, WorkflowCatalog workflows)
    {
        try
        {
            var reference = ReferenceOf(history);
            var workflow = await workflows.Find(reference.Hash)
                ?? throw new JobParkedException($"The workflow {reference.Name} version {reference.Version} ({reference.Hash[..12]}) is not in the store.");
            return (Fold(history, workflow.Plan), workflow);
        }
        catch (Exception exception) when (exception is UnknownEventException or JsonException or WorkflowDefinitionException)
        {
            throw new JobParkedException(exception.Message, exception);
        }
    }

    /// <summary>The state as of the last event of the history.</summary>
    public static JobState Fold(JobHistory history, JobPlan plan)
    {
        var state = history.Snapshot is { } snapshot ? SnapshotCodec.Decode(snapshot.Version, snapshot.Payload.Span, plan) : null;
        return Fold(state ?? JobState.Initial(plan), history.Events);
    }

    public static JobState Fold(JobState state, IReadOnlyList<StoredEvent> events)
    {
        foreach (var stored in events)
        {
            if (stored.SequenceNr != state.SequenceNr + 1)
                throw new JobParkedException($"The journal of job {state.Id} jumps from event {state.SequenceNr} to {stored.SequenceNr}.");
            state = state.Evolve(EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span));
        }

        return state;
    }

    private static WorkflowReference ReferenceOf(JobHistory history)
    {
        if (history.Snapshot is { } snapshot)
        {
            return SnapshotCodec.WorkflowOf(snapshot.Version, snapshot.Payload.Span)
                ?? throw new JobParkedException($"The snapshot of job {history.Id} has version {snapshot.Version}; this program reads version {SnapshotCodec.Version}.");
        }

        if (history.Events is not [{ } first, ..] || EventCodec.Decode(first.Type, first.At, first.Payload.Span) is not JobEvent.Submitted submitted)
            throw new JobParkedException($"The journal of job {history.Id} does not begin with its creation.");
        return submitted.Spec.Workflow;
    }
}

/// <summary>A job cannot be understood by this program; it stays as it is until one comes that can.</summary>
public sealed class JobParkedException(string message, Exception? inner = null) : Exception(message, inner);
