using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>Keeps what it hears of the journal.</summary>
internal sealed class JournalFollower : IJournalListener
{
    private readonly List<CommittedAppend> _heard = [];

    public IReadOnlyList<CommittedAppend> Heard
    {
        get
        {
            lock (_heard) return [.. _heard];
        }
    }

    public void Committed(IReadOnlyList<CommittedAppend> appends)
    {
        lock (_heard) _heard.AddRange(appends);
    }
}
