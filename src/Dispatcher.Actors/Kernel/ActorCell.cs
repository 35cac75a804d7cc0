namespace Dispatcher.Kernel;

/// <summary>
/// An actor's address and its life: mailbox, scheduling on demand, supervision. While it has no mail it is a bare object: no loop, no
/// task, no timer.
/// </summary>
/// <remarks>
/// Invariants: at most one thread is inside the actor; a message that <see cref="Tell"/> took is received once,
/// waits for the next instance after a restart, or is reported as a dead letter; after the stop nothing is taken.
/// </remarks>
public sealed class ActorCell : IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Busy = 1;

    /// <summary>Messages per turn, so that one busy actor does not keep a thread from the others.</summary>
    private const int Throughput = 64;

    private readonly ActorSystem _system;
    private readonly Func<Actor> _factory;
    private readonly Supervision _supervision;
    private Mailbox _mailbox;
    private int _state = Busy;
    private Actor? _actor;
    private RestartHistory? _restarts;
    private bool _stopRequested;
    private bool _stopped;

    internal ActorCell(ActorSystem system, Func<Actor> factory, Supervision supervision)
    {
        _system = system;
        _factory = factory;
        _supervision = supervision;
    }

    public ActorSystem System => _system;

    /// <summary>True once the actor has ended for good; false during a restart.</summary>
    public bool HasStopped => _stopped;

    /// <summary>Posts a message. False when the actor has stopped: the message was not taken, and the sender decides what that means.</summary>
    public bool Tell(object message)
    {
        if (!_mailbox.TryPost(message)) return false;
        Wake();
        return true;
    }

    /// <summary>Takes another waiting message within the current one, so that an actor can do the work of several in one write.</summary>
    public bool TryReceiveMore(out object message) => _mailbox.TryTake(out message);

    /// <summary>Asks the actor to end after the current message; the rest of its mail becomes dead letters.</summary>
    public void Stop()
    {
        Volatile.Write(ref _stopRequested, true);
        Wake();
    }

    /// <summary>Within the actor: ends it now if no mail waits. False: mail has come, go on. Nothing is lost either way.</summary>
    public bool TryPassivate()
    {
        if (_stopped || !_mailbox.TryClose()) return false;
        End();
        return true;
    }

    /// <summary>Begins the actor's life; once.</summary>
    public void Start()
    {
        _system.OnStarted();
        _system.Scheduler.Schedule(this);
    }

    void IThreadPoolWorkItem.Execute() => _ = Run();

    private void Wake()
    {
        if (Interlocked.CompareExchange(ref _state, Busy, Idle) == Idle) _system.Scheduler.Schedule(this);
    }

    private async Task Run()
    {
        for (var handled = 0; handled < Throughput && !_stopped; handled++)
        {
            object? message = null;
            try
            {
                if (Volatile.Read(ref _stopRequested)) break;
                if (_actor is null) await Begin();
                if (_stopped || !_mailbox.TryTake(out message)) break;
                var receiving = _actor!.Receive(message);
                if (!receiving.IsCompletedSuccessfully) await receiving;
            }
            catch (Exception exception)
            {
                (message as IDeadLetter)?.Undelivered();
                if (Fail(exception) is not { } delay) break;
                await _system.Delay(delay);
            }
        }

        if (Volatile.Read(ref _stopRequested) && !_stopped)
        {
            _mailbox.Close();
            End();
        }

        Rest();
    }

    private ValueTask Begin()
    {
        _actor = _factory();
        _actor.Self = this;
        return _actor.Started();
    }

    /// <summary>Lets go of the thread; looks once more for mail that came in the last moment.</summary>
    private void Rest()
    {
        if (_stopped) return;
        Volatile.Write(ref _state, Idle);
        Interlocked.MemoryBarrier();
        if (!_mailbox.IsEmpty || Volatile.Read(ref _stopRequested)) Wake();
    }

    /// <summary>Supervision: the actor is replaced after the returned delay, or (null) stopped because its budget is spent.</summary>
    private TimeSpan? Fail(Exception exception)
    {
        _restarts ??= new RestartHistory();
        var delay = _restarts.TryRestart(_supervision, _system.Time.GetUtcNow());
        _system.Report(new ActorFailure(this, exception, delay, _restarts.IsSpent), _actor?.Logger);
        if (delay is not null)
        {
            EndInstance();
            return delay;
        }

        _mailbox.Close();
        End();
        return null;
    }

    private void End()
    {
        _stopped = true;
        EndInstance();
        while (_mailbox.TryTake(out var letter)) _system.ReportDeadLetter(this, letter);
        _system.OnStopped(this);
    }

    private void EndInstance()
    {
        var actor = _actor;
        _actor = null;
        actor?.Stopped();
    }
}
