namespace Dispatcher.Steps.Admission;

/// <summary>
/// Tells listeners of admissions outside the stage's lock, one at a time and in the order of admission. One caller tells for all: a
/// listener that releases its ticket at once adds to the running round instead of nesting in it, so a long line cannot overflow the stack.
/// </summary>
internal sealed class AdmissionNotices(Lock gate, Action<AdmissionTicket, Exception>? onListenerError)
{
    private readonly Queue<AdmissionTicket> _untold = new();
    private bool _telling;

    /// <summary>Needs the lock.</summary>
    public void Add(AdmissionTicket ticket) => _untold.Enqueue(ticket);

    /// <summary>Needs the lock. The first ticket to tell of, if there is one and nobody tells yet; pass it to <see cref="Tell"/>.</summary>
    public AdmissionTicket? TakeFirst()
    {
        if (_telling || !_untold.TryDequeue(out var first)) return null;
        _telling = true;
        return first;
    }

    /// <summary>Outside the lock: tells of the ticket and of all that were admitted meanwhile.</summary>
    public void Tell(AdmissionTicket? ticket)
    {
        while (ticket is not null)
        {
            // A late withdrawal may have released it before its turn came.
            if (ticket.State == AdmissionState.Admitted) TellOne(ticket);
            lock (gate)
            {
                _telling = _untold.TryDequeue(out ticket);
            }
        }
    }

    private void TellOne(AdmissionTicket ticket)
    {
        try
        {
            ticket.Listener.Admitted(ticket);
        }
        catch (Exception error)
        {
            Report(ticket, error);
        }
    }

    private void Report(AdmissionTicket ticket, Exception error)
    {
        try
        {
            onListenerError?.Invoke(ticket, error);
        }
        catch (Exception)
        {
            // The callback is the place where errors surface; when it fails itself the others still have to be told.
        }
    }
}
