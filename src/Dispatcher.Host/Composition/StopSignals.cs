using System.Runtime.InteropServices;

namespace Dispatcher.Host.Composition;

/// <summary>
/// What asks the program to end. Ctrl-C (SIGINT): the first asks to cancel, the second to leave at once. SIGTERM and SIGHUP: stop, and let the work go on
/// at the next start.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private readonly TaskCompletionSource _interrupted = NewSource();
    private readonly TaskCompletionSource _interruptedAgain = NewSource();
    private readonly TaskCompletionSource _terminated = NewSource();
    private readonly TaskCompletionSource _askedAgain = NewSource();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

    public Task Interrupted => _interrupted.Task;

    public Task InterruptedAgain => _interruptedAgain.Task;

    public Task Terminated => _terminated.Task;

    /// <summary>The second signal, of whatever kind: whoever sends it does not want to wait.</summary>
    public Task AskedAgain => _askedAgain.Task;

    /// <summary>Takes the signals of this process; without it they come only from <see cref="Interrupt"/> and <see cref="Terminate"/>.</summary>
    public static StopSignals Listen()
    {
        var signals = new StopSignals();
        signals.On(PosixSignal.SIGINT, signals.Interrupt);
        signals.On(PosixSignal.SIGTERM, signals.Terminate);
        signals.On(PosixSignal.SIGHUP, signals.Terminate);
        return signals;
    }

    public void Interrupt()
    {
        Count();
        if (!_interrupted.TrySetResult()) _interruptedAgain.TrySetResult();
    }

    public void Terminate()
    {
        Count();
        _terminated.TrySetResult();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void Count()
    {
        if (Interlocked.Increment(ref _signals) > 1) _askedAgain.TrySetResult();
    }

    private void On(PosixSignal signal, Action action) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        action();
    }));

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
