using Microsoft.Extensions.Logging;

namespace Dispatcher.Kernel;

/// <summary>
/// One mailbox, one message at a time, no locks. An instance is made for each (re)start; what must survive a restart is in the journal.
/// </summary>
public abstract class Actor
{
    /// <summary>The cell that runs this actor.</summary>
    protected internal ActorCell Self { get; internal set; } = null!;

    /// <summary>Where the system reports this actor's failures; its own log if null.</summary>
    protected internal virtual ILogger? Logger => null;

    /// <summary>Runs before the first message; a persistent actor replays here. Mail waits meanwhile.</summary>
    protected internal virtual ValueTask Started() => ValueTask.CompletedTask;

    /// <summary>Handles one message. Later mail waits until the returned task has ended; an exception goes to the supervisor.</summary>
    protected internal abstract ValueTask Receive(object message);

    /// <summary>Runs once after the last message, before a restart too: lets go of children, timers and permits. Must not throw.</summary>
    protected internal virtual void Stopped()
    {
    }
}
