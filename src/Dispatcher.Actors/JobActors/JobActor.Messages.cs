using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;

namespace Dispatcher.JobActors;

/// <summary>What each message means for a turn.</summary>
internal sealed partial class JobActor
{
    private void Take(JobTurn turn, object message)
    {
        switch (message)
        {
            case CommandMessage { Command: JobCommand.Amend amend } command when InputFault(turn.State, amend) is { } fault:
                turn.Refuse(command, fault);
                break;
            case CommandMessage command:
                turn.Decide(command);
                break;
            case StepEnded ended when IsCurrent(ended.Step, ended.From):
                TakeEnd(turn, ended);
                break;
            case AdmissionTicket ticket:
                // One that is not held any more was withdrawn, and so given back, while this message was on its way.
                if (!_tickets.TryGetValue(ticket.Step, out var held) || held.Ticket != ticket) break;
                held.IsGranted = true;
                turn.Want(ticket.Step);
                break;
            case CheckpointRequested request when !IsCurrent(request.Step, request.From):
                request.Undelivered();
                break;
            case CheckpointRequested request:
                turn.Decide(new JobCommand.CheckpointStep(request.Step, request.Attempt, request.Checkpoint, turn.At), request.Saved);
                break;
            case LeaseRequested request when !IsCurrent(request.Step, request.From):
                request.Undelivered();
                break;
            case LeaseRequested request:
                turn.Decide(new JobCommand.LeaseStep(request.Step, request.Attempt, request.Worker, turn.At), request.Leased);
                break;
            case StepProgressed progressed when IsCurrent(progressed.Step, progressed.From):
                TakeProgress(progressed);
                break;
            case InspectMessage inspect:
                inspect.Answer(_state is { Status: not JobStatus.None } state && inspect.MaySee(state.Spec.Tenant) ? Inspect() : null);
                break;
            case SettleMessage settle:
                turn.Settle(settle);
                break;
            case LoadedMessage:
                TakeUpRunningSteps(turn);
                turn.WantQueued();
                break;
            case TimerMessage:
                // A clock that went back, or that is finer than the journal's: the timer is set again.
                if (_timerAt > turn.At) _timerAt = null;
                break;
            case ChildJobsAnswered answered:
                foreach (var answer in answered.Answers) TakeAnswer(turn, answer);
                break;
            case LeaveMessage leave:
                (_leaving ??= []).Add(leave);
                WithdrawTickets();
                Detach();
                break;
            case DrainMessage:
                WithdrawTickets();
                Detach();
                break;
            case StopStepsMessage:
                foreach (var (_, child) in _children) child.Tell(StopReason.Shutdown);
                break;
        }
    }

    /// <summary>Why the job's workflow does not take this input; null if it does, or if the law refuses for another reason anyway.</summary>
    private Rejection? InputFault(JobState state, JobCommand.Amend amend) =>
        state.Status == JobStatus.Pending && _workflow!.ValidateInput(amend.Input) is { Count: > 0 } faults ? JobGateway.InvalidInput(_workflow, faults) : null;

    /// <summary>What an earlier life of the job or an attempt before a recovery still says is too late.</summary>
    private bool IsCurrent(StepKey step, ActorCell from) => _children.TryGetValue(step, out var child) && child == from;

    private void TakeEnd(JobTurn turn, StepEnded ended)
    {
        var (step, attempt) = (ended.Step, ended.Attempt);
        if (_external?.Contains(step) == true) turn.EndedOutside(step);
        switch (ended.Outcome)
        {
            case StepOutcome.Succeeded { Result: StepResult.Completed completed }:
                turn.Decide(new JobCommand.CompleteStep(step, attempt, completed.Output, completed.Artifacts, turn.At));
                break;
            case StepOutcome.Succeeded { Result: StepResult.CompleteAt later }:
                turn.Decide(new JobCommand.SleepStep(step, attempt, later.At, later.Output, turn.At));
                break;
            case StepOutcome.Succeeded { Result: StepResult.AwaitApproval approval }:
                turn.Decide(new JobCommand.AwaitApproval(step, attempt, turn.At + approval.Deadline, approval.OnTimeout, approval.Prompt, turn.At));
                break;
            case StepOutcome.Succeeded { Result: StepResult.AwaitChild }:
                AwaitChildJob(turn, ended);
                break;
            case StepOutcome.Failed failed:
                turn.Decide(new JobCommand.FailStep(step, attempt, failed.Failure, turn.At));
                break;
            case StepOutcome.Detached:
                Forget(turn, step);
                break;
            default:
                turn.Decide(new JobCommand.ReleaseStep(step, attempt, turn.At));
                break;
        }
    }
}
