using System.Collections.Immutable;
using System.Text.Json;

namespace Dispatcher.Jobs;

/// <summary>
/// The commands of people that would do something to a job now, in stable words: <c>approve reject amend pause resume cancel recover retry priority</c>.
/// The law itself is asked, so the answer cannot differ from what it decides.
/// </summary>
public static class AllowedCommands
{
    private static readonly Principal Somebody = new("somebody");

    private static readonly JsonElement Anything = JsonElement.Parse("{}"u8);

    /// <summary>The words, in the order above; none for a job that does not exist.</summary>
    public static ImmutableArray<string> Of(JobState state)
    {
        if (state.Status == JobStatus.None) return [];
        var at = state.UpdatedAt;
        StepKey? awaiting = state.Waits.Approvals > 0 ? state.StepsAwaiting(AwaitKind.Approval).First() : null;
        var words = ImmutableArray.CreateBuilder<string>();
        Try("approve", new JobCommand.ApproveStep(awaiting, Somebody, null, at));
        Try("reject", new JobCommand.RejectStep(awaiting, Somebody, null, at));
        Try("amend", new JobCommand.Amend(state.Spec.Input is null ? Anything : null, Somebody, null, at));
        Try("pause", new JobCommand.Pause(Somebody, null, at));
        Try("resume", new JobCommand.Resume(Somebody, null, at));
        Try("cancel", new JobCommand.Cancel(Somebody, null, at));
        Try("recover", new JobCommand.Recover(state.Plan.Steps[0].Id, Somebody, null, at));
        Try("retry", new JobCommand.RetryStep(StepToRetry(state, at), Somebody, null, at));
        Try("priority", new JobCommand.ChangePriority(state.Priority == 0 ? 1 : 0, Somebody, null, at));
        return words.ToImmutable();

        void Try(string word, JobCommand command)
        {
            if (JobDecider.Decide(state, command) is Decision.Accepted) words.Add(word);
        }
    }

    /// <summary>A step that is not due yet, if there is one.</summary>
    private static StepKey StepToRetry(JobState state, DateTimeOffset at)
    {
        foreach (var timer in state.Timers)
        {
            if (timer.At > at && state.ItemOrStep(timer.Step, timer.Item).Status == StepStatus.Retrying) return state.KeyOf(new StepPlace(timer.Step, timer.Item));
        }

        return new StepKey(state.Plan.Steps[0].Id);
    }
}
