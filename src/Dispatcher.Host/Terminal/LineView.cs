using Dispatcher.Jobs;

namespace Dispatcher.Host.Terminal;

/// <summary>One line for each event, for logs and pipes.</summary>
internal sealed class LineView(TextWriter output, TimeProvider time) : IRunView
{
    public TimeSpan? RefreshEvery => null;

    public Task Around(Func<Task> work) => work();

    public void Begin(JobState state)
    {
        var ended = state.Steps.Count(step => step.Status.IsTerminal());
        if (ended > 0) output.WriteLine($"{TimeText.Clock(time.GetUtcNow(), time)} job {state.Id} goes on; {ended} of {state.Steps.Length} steps have ended already");
    }

    public void Committed(IEnumerable<JobEvent> events)
    {
        foreach (var @event in events) output.WriteLine($"{TimeText.Clock(@event.At, time)} {EventText.Of(@event, time)}");
        output.Flush();
    }

    public void Draw(RunPicture picture)
    {
    }

    public void Note(string sentence) => output.WriteLine($"{TimeText.Clock(time.GetUtcNow(), time)} {sentence}");
}

/// <summary>Nothing but notes: the answer comes at the end, as JSON.</summary>
internal sealed class SilentView(TextWriter error) : IRunView
{
    public TimeSpan? RefreshEvery => null;

    public Task Around(Func<Task> work) => work();

    public void Begin(JobState state)
    {
    }

    public void Committed(IEnumerable<JobEvent> events)
    {
    }

    public void Draw(RunPicture picture)
    {
    }

    public void Note(string sentence) => error.WriteLine(sentence);
}
