using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Microsoft.Extensions.Logging;

namespace Dispatcher.JobActors;

/// <summary>What becomes of the attempts that ran when the job was last in memory: those of this process are lost, those outside are taken up again.</summary>
internal sealed partial class JobActor
{
    /// <summary>Children whose attempts are worked on outside; null for the many jobs that have none.</summary>
    private HashSet<StepKey>? _external;

    private void TakeUpRunningSteps(JobTurn turn)
    {
        var events = turn.Events.Count;
        for (var i = 0; i < turn.Before.Steps.Length; i++)
        {
            var (step, plan) = (turn.Before.Steps[i], turn.Before.Plan.Steps[i]);
            if (step.IsExecuting) TakeUp(turn, i, new StepKey(plan.Id), step);
            if (step.FanOut is not { } fanOut || step.Status != StepStatus.Running) continue;
            var item = 0;
            foreach (var itemState in fanOut.Items)
            {
                if (itemState.IsExecuting) TakeUp(turn, i, new StepKey(plan.Id, item), itemState);
                item++;
            }
        }

        if (turn.Events.Count > events) SweepTemporaries(turn.State);
    }

    /// <summary>A lost attempt counts, so a step that kills its process does not loop for ever.</summary>
    private void TakeUp(JobTurn turn, int index, StepKey key, StepState step)
    {
        if (services.Handlers.Find(turn.Before.Plan.Steps[index].Handler) is not IExternalStepHandler handler)
            turn.Decide(new JobCommand.FailStep(key, step.Attempt, Failure.Of(ErrorClass.WorkerLost, "The process that ran the attempt is gone.", "WORKER_LOST"), turn.At));
        else if (!services.IsDraining && TryPrepare(turn, key, index, handler, step.Attempt))
            turn.TakeUp(key);
    }

    /// <summary>Gives external attempts to their handlers again. Their places are taken whatever the stage's limits say now: they run already.</summary>
    private void Attach(JobTurn turn)
    {
        foreach (var key in turn.TakenUp ?? [])
        {
            if (turn.State.Find(key) is not { IsExecuting: true } step) continue;
            var ticket = new AdmissionTicket(turn.State.Plan.Steps[turn.State.Plan.IndexOf(key.Id)].Stage, turn.State.Spec.Tenant, id, key, turn.State.Priority, this);
            services.Admission.Occupy(ticket);
            Spawn(turn, key, step, ticket, step.StartedAt);
        }
    }

    /// <summary>The node shuts down: what is worked on outside goes on there.</summary>
    private void Detach()
    {
        foreach (var key in _external ?? []) _children[key].Tell(StopReason.Detached);
    }

    private void SweepTemporaries(JobState state)
    {
        try
        {
            services.Steps.Artifacts.SweepTemporaries(state.Spec.Tenant, id);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What is left behind wastes space and harms nothing.
            LogNotSwept(Logger, exception, id);
        }
    }

    [LoggerMessage(203, LogLevel.Warning, "Job {JobId}: temporary files of a lost attempt could not be deleted.")]
    private static partial void LogNotSwept(ILogger logger, Exception exception, JobId jobId);
}
