using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands;

/// <summary>Why a job is not running now, or what of it runs.</summary>
/// <param name="Reason">One word for machines: ended, approval, time, dependencies, pause, no-process, running, retry, admission, ready.</param>
/// <param name="Sentence">The same for people.</param>
/// <param name="Since">Since when that is so.</param>
/// <param name="Until">When it ends by itself, if time alone ends it.</param>
/// <param name="GoesOnWhen">What would make the job go on.</param>
internal sealed record WhyAnswer(string Reason, string Sentence, DateTimeOffset Since, DateTimeOffset? Until, string GoesOnWhen);

/// <summary>One open step, or the items of a fan-out that share a reason.</summary>
internal sealed record StepReason(string Step, string Reason, string Sentence, DateTimeOffset Since, DateTimeOffset? Until);

/// <summary>Reads the answer to "why" from a job's state and journal alone, so that it needs no running process.</summary>
/// <param name="state">The job after all its events.</param>
/// <param name="events">Its events, for times.</param>
/// <param name="holder">The process that has the data directory; null if none has.</param>
/// <param name="time">For times as people read them.</param>
internal sealed class JobWhy(JobState state, IReadOnlyList<JobEvent> events, int? holder, TimeProvider time)
{
    private readonly Dictionary<StepKey, DateTimeOffset> _stepSince = StepTimes(events);

    /// <summary>The job's own answer.</summary>
    /// <param name="dataDirectory">Its path, for the advice.</param>
    /// <param name="dependencies">The status of each job that this one depends on; none for one that is not there.</param>
    public WhyAnswer Answer(string dataDirectory, IReadOnlyDictionary<JobId, JobStatus> dependencies)
    {
        switch (state.Status)
        {
            case JobStatus.Completed or JobStatus.Failed or JobStatus.Cancelled:
                return Ended();
            case JobStatus.Pending:
                return new WhyAnswer("approval", "It waits for somebody's approval.", state.CreatedAt, null, "somebody approves it");
            case JobStatus.Paused:
                var because = string.IsNullOrEmpty(state.Reason) ? "" : $": {EventText.OneLine(state.Reason)}";
                return new WhyAnswer("pause", $"It was paused by {state.PausedBy?.Name ?? "somebody"}{because}.", Last<JobEvent.Paused>(), null, "somebody resumes it");
            case JobStatus.Waiting:
                var jobs = string.Join(", ", state.OpenDependencies.Select(id => $"{id} ({(dependencies.TryGetValue(id, out var status) ? status.ToText() : "not here yet")})"));
                return new WhyAnswer("dependencies", $"It waits for other jobs to complete: {jobs}.", StatusSince(), null, "they have completed");
            case JobStatus.Scheduled:
                return new WhyAnswer("time", $"It starts at {At(state.Spec.StartAt!.Value)}.", StatusSince(), state.Spec.StartAt, WithProcess("that time has come"));
        }

        if (holder is null)
        {
            var resume = $"a process opens the data directory: dispatcher resume {state.Id} --data {dataDirectory}";
            return new WhyAnswer("no-process", $"No process has the data directory {dataDirectory} open.", state.UpdatedAt, null, resume);
        }

        return OfSteps(Steps());
    }

    /// <summary>All open steps, in the order of the workflow.</summary>
    public IReadOnlyList<StepReason> Steps()
    {
        if (state.Status.IsTerminal()) return [];
        var reasons = new List<StepReason>();
        for (var i = 0; i < state.Steps.Length; i++)
        {
            var (step, plan) = (state.Steps[i], state.Plan.Steps[i]);
            if (step.FanOut is { IsDone: false } fanOut && step.Status == StepStatus.Running) reasons.AddRange(OfItems(plan, fanOut));
            else if (Of(new StepKey(plan.Id), plan, step) is { } reason) reasons.Add(reason);
            else if (step.Status == StepStatus.Pending && state.NeedsMet(i)) reasons.Add(new StepReason(plan.Id, "ready", $"step {plan.Id} is ready to start", state.UpdatedAt, null));
        }

        return reasons;
    }

    private static WhyAnswer OfSteps(IReadOnlyList<StepReason> steps)
    {
        string[] order = ["running", "admission", "ready", "retry", "time"];
        var first = steps.MinBy(step => (Array.IndexOf(order, step.Reason), step.Until ?? DateTimeOffset.MinValue));
        if (first is null) return new WhyAnswer("ready", "It is about to go on.", default, null, "nothing is missing");
        var others = steps.Count > 1 ? $" (and {steps.Count - 1} more, below)" : "";
        var goesOn = first.Reason switch
        {
            "running" => "it runs",
            "admission" => "the stage has a place and its start delay and rate allow it",
            "ready" => "nothing is missing",
            _ => "that time has come",
        };
        var sentence = first.Reason == "running" ? $"It is running: {first.Sentence}" : char.ToUpperInvariant(first.Sentence[0]) + first.Sentence[1..];
        return new WhyAnswer(first.Reason, $"{sentence}{others}.", first.Since, first.Until, goesOn);
    }

    private WhyAnswer Ended()
    {
        var failure = state.Failure is { } cause ? $": {EventText.Of(cause)}" : string.IsNullOrEmpty(state.Reason) ? "" : $": {EventText.OneLine(state.Reason)}";
        return new WhyAnswer("ended", $"It has ended; it is {state.Status.ToText()}{failure}.", state.EndedAt ?? state.UpdatedAt, null, "never by itself: it has ended");
    }

    /// <summary>Items that share a reason are one line: ten thousand of them are no answer.</summary>
    private IEnumerable<StepReason> OfItems(StepPlan plan, FanOut fanOut)
    {
        var open = fanOut.Items.Select((item, index) => Of(new StepKey(plan.Id, index), plan, item)).OfType<StepReason>();
        foreach (var group in open.GroupBy(reason => reason.Reason))
        {
            var earliest = group.MinBy(reason => reason.Until ?? reason.Since)!;
            var count = group.Count();
            yield return count == 1 ? earliest : earliest with { Sentence = $"{earliest.Sentence}, as do {count - 1} more of its items" };
        }
    }

    private StepReason? Of(StepKey key, StepPlan plan, StepState step)
    {
        var since = _stepSince.GetValueOrDefault(key, state.UpdatedAt);
        return step.Status switch
        {
            StepStatus.Running when step.IsSleeping => new StepReason(key.ToString(), "time", $"step {key} waits until {At(step.DueAt!.Value)}", since, step.DueAt),
            StepStatus.Running when step.FanOut is null && holder is null =>
                new StepReason(key.ToString(), "lost", $"step {key} ran when its process ended (attempt {step.Attempt}); it is tried again", since, null),
            StepStatus.Running when step.FanOut is null => new StepReason(key.ToString(), "running", $"step {key} runs since {At(since)} (attempt {step.Attempt})", since, null),
            StepStatus.Retrying => new StepReason(key.ToString(), "retry", $"step {key} is tried again at {At(step.DueAt ?? since)}, since attempt {step.Attempt} failed{Cause(step)}", since, step.DueAt),
            StepStatus.Queued => new StepReason(key.ToString(), "admission", $"step {key} waits for admission to stage {plan.Stage}", since, null),
            _ => null,
        };
    }

    private static string Cause(StepState step) => step.Failure is { } failure ? $" ({EventText.Of(failure)})" : "";

    private string WithProcess(string when) => holder is null ? $"{when} and a process has the data directory open; none has now" : when;

    private string At(DateTimeOffset at) => TimeText.DateAndClock(at, time);

    private DateTimeOffset Last<TEvent>() where TEvent : JobEvent => events.OfType<TEvent>().LastOrDefault()?.At ?? state.UpdatedAt;

    /// <summary>The last event that moved the whole job.</summary>
    private DateTimeOffset StatusSince() =>
        events.LastOrDefault(e => e is JobEvent.Submitted or JobEvent.Approved or JobEvent.Scheduled or JobEvent.Waiting or JobEvent.Resumed)?.At ?? state.CreatedAt;

    private static Dictionary<StepKey, DateTimeOffset> StepTimes(IReadOnlyList<JobEvent> events)
    {
        var times = new Dictionary<StepKey, DateTimeOffset>();
        foreach (var @event in events)
        {
            StepKey? key = @event switch
            {
                JobEvent.StepQueued e => new StepKey(e.Step, e.Item),
                JobEvent.StepStarted e => new StepKey(e.Step, e.Item),
                JobEvent.StepSleeping e => new StepKey(e.Step, e.Item),
                JobEvent.StepReleased e => new StepKey(e.Step, e.Item),
                JobEvent.StepRetrying e => new StepKey(e.Step, e.Item),
                _ => null,
            };
            if (key is { } step) times[step] = @event.At;
        }

        return times;
    }
}
