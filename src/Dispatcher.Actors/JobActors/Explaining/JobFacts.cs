using System.Collections.Immutable;
using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;

namespace Dispatcher.JobActors.Explaining;

/// <summary>What is known of a job when it is explained. Only the state is needed; each further fact makes the answer better.</summary>
public sealed record JobFacts(JobState State)
{
    /// <summary>Since when each thing is as it is.</summary>
    public JobTimes Times { get; init; } = JobTimes.Unknown;

    /// <summary>The steps that stand in line, as the admission point explains them.</summary>
    public ImmutableArray<StepWait> Waits { get; init; } = [];

    /// <summary>Why the job cannot go on here, if so.</summary>
    public string? Parked { get; init; }

    /// <summary>The status of jobs that this one waits for; none of one that is not known.</summary>
    public IReadOnlyDictionary<JobId, JobStatus> Related { get; init; } = ImmutableDictionary<JobId, JobStatus>.Empty;

    /// <summary>Handlers whose attempts are worked on outside.</summary>
    public Func<string, bool> IsExternal { get; init; } = _ => false;

    /// <summary>Where a step stands among the tasks of external workers of this node, if it is one of them.</summary>
    public Func<StepKey, WorkerWait?> WorkerWait { get; init; } = _ => null;

    /// <summary>False when no process has the job: what ran has lost its process.</summary>
    public bool IsHeld { get; init; } = true;

    /// <summary>Times as sentences write them.</summary>
    public Func<DateTimeOffset, string> Write { get; init; } = at => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>When a job and its steps came to be as they are, as far as some of its events tell.</summary>
public sealed class JobTimes
{
    private readonly Dictionary<StepKey, DateTimeOffset> _steps = [];
    private DateTimeOffset? _status;
    private DateTimeOffset? _paused;

    public static JobTimes Unknown { get; } = new();

    /// <summary>From the job's events, or the last ones of them.</summary>
    public static JobTimes Of(IEnumerable<JobEvent> events)
    {
        var times = new JobTimes();
        foreach (var e in events) times.Note(e);
        return times;
    }

    public DateTimeOffset? Step(StepKey step) => _steps.TryGetValue(step, out var at) ? at : null;

    /// <summary>The last event that moved the whole job.</summary>
    public DateTimeOffset? Status => _status;

    public DateTimeOffset? Paused => _paused;

    private void Note(JobEvent e)
    {
        if (e is JobEvent.Submitted or JobEvent.Approved or JobEvent.Scheduled or JobEvent.Waiting or JobEvent.Resumed) _status = e.At;
        if (e is JobEvent.Paused) _paused = e.At;
        StepKey? key = e switch
        {
            JobEvent.StepQueued queued => new StepKey(queued.Step, queued.Item),
            JobEvent.StepStarted started => new StepKey(started.Step, started.Item),
            JobEvent.StepSleeping sleeping => new StepKey(sleeping.Step, sleeping.Item),
            JobEvent.StepAwaiting awaiting => new StepKey(awaiting.Step, awaiting.Item),
            JobEvent.StepLeased leased => new StepKey(leased.Step, leased.Item),
            JobEvent.StepReleased released => new StepKey(released.Step, released.Item),
            JobEvent.StepRetrying retrying => new StepKey(retrying.Step, retrying.Item),
            _ => null,
        };
        if (key is { } step) _steps[step] = e.At;
    }
}
