using System.Collections.Immutable;
using Dispatcher.JobActors;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Terminal;

/// <summary>What somebody sees while a job runs.</summary>
internal interface IRunView
{
    /// <summary>How often the picture is drawn anew; null if only events matter.</summary>
    TimeSpan? RefreshEvery { get; }

    /// <summary>Carries out the work inside whatever the view needs around it.</summary>
    Task Around(Func<Task> work);

    /// <summary>The job as it is when the watching begins.</summary>
    void Begin(JobState state);

    /// <summary>Events, each once and in order.</summary>
    void Committed(IEnumerable<JobEvent> events);

    void Draw(RunPicture picture);

    /// <summary>A sentence of the program itself.</summary>
    void Note(string sentence);
}

/// <summary>A running job at one instant.</summary>
/// <param name="Steps">0..100 of running steps, as last reported.</param>
/// <param name="Messages">What running steps said last.</param>
/// <param name="Waits">Steps that wait for admission, and why.</param>
internal sealed record RunPicture(
    JobState State,
    JobProgress Progress,
    IReadOnlyDictionary<StepKey, double> Steps,
    IReadOnlyDictionary<StepKey, string> Messages,
    ImmutableArray<StepWait> Waits,
    DateTimeOffset Now);
