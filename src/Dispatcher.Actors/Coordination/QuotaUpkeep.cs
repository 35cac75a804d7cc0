using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination;

/// <summary>Ends holds whose time is over, so that what is told of accounts and kept of them agree. Whoever needs the units does not wait for it.</summary>
internal sealed partial class QuotaUpkeep(IQuotaStore store, Func<DateTimeOffset> now, QuotaOptions options, ILogger logger) : Actor
{
    /// <summary>Holds of one transaction.</summary>
    private const int LimitHolds = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly object NextLook = new();

    private TimerQueue.Entry? _timer;

    protected internal override ILogger? Logger => logger;

    protected internal override ValueTask Started() => Look();

    protected internal override ValueTask Receive(object message) => Look();

    protected internal override void Stopped() => _timer?.Dispose();

    private async ValueTask Look()
    {
        var ended = 0;
        try
        {
            ended = await store.ExpireHolds(now(), LimitHolds);
            if (ended > 0) LogEnded(logger, ended);
        }
        catch (StoreException failure)
        {
            LogNotEnded(logger, failure.Message);
        }

        _timer = Self.System.Timers.Schedule(ended >= LimitHolds ? Pause : options.ExpiryInterval, Self, NextLook);
    }

    [LoggerMessage(330, LogLevel.Information, "Quota: the time of {Holds} holds was over; their units are free again.")]
    private static partial void LogEnded(ILogger logger, int holds);

    [LoggerMessage(331, LogLevel.Warning, "Quota: holds whose time is over could not be ended, and are looked for again: {Cause}")]
    private static partial void LogNotEnded(ILogger logger, string cause);
}
