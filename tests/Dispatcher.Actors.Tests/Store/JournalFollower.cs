using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Keeps what it hears of the journal, and checks that each append follows the one before without a gap.</summary>
internal sealed class JournalFollower : IJournalListener
{
    private readonly List<CommittedAppend> _heard = [];
    private readonly List<(int Events, TaskCompletionSource Heard)> _waiting = [];

    public IReadOnlyList<CommittedAppend> Heard
    {
        get
        {
            lock (_heard) return [.. _heard];
        }
    }

    /// <summary>The events one by one.</summary>
    public IReadOnlyList<(long Ordering, JobId Job, long SequenceNr)> Events =>
        [.. Heard.SelectMany(append => append.Events.Select((_, i) => (append.FirstOrdering + i, append.JobId, append.FirstSequenceNr + i)))];

    /// <summary>Completes when so many events were heard in all.</summary>
    public Task WhenHeard(int events)
    {
        lock (_heard)
        {
            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((events, waiter));
            Answer();
            return waiter.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    public void Committed(IReadOnlyList<CommittedAppend> appends)
    {
        lock (_heard)
        {
            _heard.AddRange(appends);
            Answer();
        }
    }

    private void Answer()
    {
        var events = _heard.Sum(append => append.Events.Count);
        foreach (var (_, heard) in _waiting.Where(waiter => waiter.Events <= events)) heard.TrySetResult();
    }
}
