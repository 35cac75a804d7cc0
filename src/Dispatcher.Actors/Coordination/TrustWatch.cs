using Dispatcher.Kernel;
using Dispatcher.Sharding;

namespace Dispatcher.Coordination;

/// <summary>Looks when a node's trust in itself would end, and makes it stand down if it has. An actor of its own, so that nothing holds the look up.</summary>
internal sealed class TrustWatch(NodeTrust trust, Action<string> standDown) : Actor
{
    private static readonly object Look = new();

    private TimerQueue.Entry? _timer;

    protected internal override ValueTask Started() => Receive(Look);

    protected internal override ValueTask Receive(object message)
    {
        if (trust.Left is var left && left > TimeSpan.Zero) _timer = Self.System.Timers.Schedule(left + TimeSpan.FromMilliseconds(1), Self, Look);
        else standDown($"it could not give a sign of life in time ({-left.TotalSeconds:0.0} s late)");
        return ValueTask.CompletedTask;
    }

    protected internal override void Stopped() => _timer?.Dispose();
}
