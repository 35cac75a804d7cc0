using Dispatcher.Jobs;

namespace Dispatcher.Host.Terminal;

/// <summary>An event as one short sentence.</summary>
internal static class EventText
{
    public static string Of(JobEvent @event, TimeProvider time) => @event switch
    {
        JobEvent.StepQueued e => $"step {Key(e.Step, e.Item)} queued",
        JobEvent.StepStarted e => $"step {Key(e.Step, e.Item)} started (attempt {e.Attempt})",
        JobEvent.StepExpanded e => $"step {e.Step} has {e.Items} items",
        JobEvent.StepCheckpointed e => $"step {Key(e.Step, e.Item)} saved a checkpoint",
        JobEvent.StepSleeping e => $"step {Key(e.Step, e.Item)} sleeps until {TimeText.Clock(e.Until, time)}",
        JobEvent.StepReleased e => $"step {Key(e.Step, e.Item)} released; the attempt does not count",
        JobEvent.StepRetrying e => $"step {Key(e.Step, e.Item)} failed (attempt {e.Attempt}): {Of(e.Failure)}; next attempt at {TimeText.Clock(e.RetryAt, time)}",
        JobEvent.StepCompleted e => $"step {Key(e.Step, e.Item)} completed",
        JobEvent.StepFailed e => $"step {Key(e.Step, e.Item)} failed: {Of(e.Failure)}",
        JobEvent.StepAwaiting { What: AwaitKind.Approval } e => $"step {Key(e.Step, e.Item)} waits for approval",
        JobEvent.StepAwaiting e => $"step {Key(e.Step, e.Item)} makes the job {e.Child} and waits for it",
        JobEvent.StepChildCreated e => $"step {Key(e.Step, e.Item)} has made the job {e.Child}",
        JobEvent.StepApproved e => $"step {Key(e.Step, e.Item)} approved by {e.By.Name}{Because(e.Reason)}",
        JobEvent.StepRejected e => $"step {Key(e.Step, e.Item)} rejected by {e.By.Name}{Because(e.Reason)}",
        JobEvent.StepLeased e => $"step {Key(e.Step, e.Item)} taken by worker {e.Worker}",
        JobEvent.StepRetryRequested e => $"step {Key(e.Step, e.Item)} is to be tried again now, by {e.By.Name}{Because(e.Reason)}",
        JobEvent.StepSkipped e => $"step {e.Step} skipped: {e.Reason}",
        JobEvent.Submitted e => $"job created: {e.Spec.Workflow.Name} version {e.Spec.Workflow.Version}",
        JobEvent.Approved e => $"job approved by {e.By.Name}{Because(e.Reason)}",
        JobEvent.Rejected e => $"job rejected by {e.By.Name}{Because(e.Reason)}",
        JobEvent.Scheduled e => $"job scheduled for {TimeText.DateAndClock(e.StartAt, time)}",
        JobEvent.Waiting => "job waits for other jobs",
        JobEvent.DependencyResolved e => $"job {e.Dependency}, which this one waits for, ended {e.Outcome.ToText()}",
        JobEvent.Queued => "job queued",
        JobEvent.Started => "job started",
        JobEvent.Paused e => $"job paused by {e.By.Name}{Because(e.Reason)}",
        JobEvent.Resumed e => $"job resumed by {e.By.Name}{Because(e.Reason)}",
        JobEvent.Recovering e => $"job restarted from step {e.FromStep} by {e.By.Name} (recovery {e.Attempt}){Because(e.Reason)}",
        JobEvent.PriorityChanged e => $"job has priority {e.Priority} now, by {e.By.Name}{Because(e.Reason)}",
        JobEvent.Completed => "job completed",
        JobEvent.Failed e => $"job failed: {Of(e.Failure)}",
        JobEvent.Cancelled e => $"job cancelled by {e.By.Name}{Because(e.Reason)}",
        _ => EventCodec.NameOf(@event),
    };

    public static string Of(Failure failure) => OneLine(failure.Code is { } code ? $"{code}: {failure.Message}" : failure.Message);

    /// <summary>A text without line breaks and control characters, which would spoil a line or a terminal.</summary>
    public static string OneLine(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(source[i]) ? ' ' : source[i];
    });

    private static string Key(string step, int? item) => new StepKey(step, item).ToString();

    private static string Because(string? reason) => string.IsNullOrEmpty(reason) ? "" : $": {OneLine(reason)}";
}
