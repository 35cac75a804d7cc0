using System.Collections.Immutable;
using Dispatcher.Kernel;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.GroupCommit;

/// <summary>Those who follow a journal. With none of them, a commit costs nothing here.</summary>
internal sealed partial class JournalListeners(ILogger logger)
{
    private ImmutableArray<IJournalListener> _listeners = [];

    /// <summary>True when nobody listens.</summary>
    public bool IsEmpty => _listeners.IsEmpty;

    public IDisposable Add(IJournalListener listener)
    {
        ImmutableInterlocked.Update(ref _listeners, static (listeners, added) => listeners.Add(added), listener);
        return new Subscription(this, listener);
    }

    /// <summary>After the commit: all appends with events, in their order.</summary>
    public void Tell(ReadOnlySpan<PendingAppend> batch)
    {
        if (!IsEmpty) Tell(Committed(batch));
    }

    /// <summary>The same for appends as the journal has them.</summary>
    public void Tell(List<CommittedAppend> committed)
    {
        if (committed.Count == 0) return;
        foreach (var listener in _listeners) Tell(listener, committed, static (listener, committed) => listener.Committed(committed));
    }

    /// <summary>After a batch that failed and may have landed.</summary>
    public void TellOfDoubt()
    {
        foreach (var listener in _listeners) Tell(listener, [], static (listener, _) => listener.MayHaveCommitted());
    }

    private static List<CommittedAppend> Committed(ReadOnlySpan<PendingAppend> batch)
    {
        var committed = new List<CommittedAppend>(batch.Length);
        foreach (var append in batch)
        {
            if (append.Result is not AppendResult.Appended appended || append.Request.Events.Count == 0) continue;
            Check.That(appended.FirstOrdering > 0);
            var request = append.Request;
            committed.Add(new CommittedAppend(request.JobId, request.Address, appended.FirstOrdering, request.ExpectedSequenceNr + 1, request.Events));
        }

        return committed;
    }

    private void Tell(IJournalListener listener, List<CommittedAppend> committed, Action<IJournalListener, List<CommittedAppend>> tell)
    {
        try
        {
            tell(listener, committed);
        }
        catch (Exception failure)
        {
            LogListenerFailed(failure, listener.GetType().Name, committed.Count);
        }
    }

    [LoggerMessage(EventId = 2002, Level = LogLevel.Error, Message = "The journal's listener {Listener} failed when it was told of {Appends} appends; it missed them")]
    private partial void LogListenerFailed(Exception failure, string listener, int appends);

    private sealed class Subscription(JournalListeners owner, IJournalListener listener) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref owner._listeners, static (listeners, removed) => listeners.Remove(removed), listener);
    }
}
