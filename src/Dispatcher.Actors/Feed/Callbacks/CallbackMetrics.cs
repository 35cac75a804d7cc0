using System.Diagnostics.Metrics;

namespace Dispatcher.Feed.Callbacks;

/// <summary>The counters as instruments, read when somebody asks.</summary>
internal static class CallbackMetrics
{
    public static void Observe(Meter meter, CallbackCounters counters)
    {
        meter.CreateObservableCounter("dispatcher.callbacks.sent", () => counters.Sent, "{callback}", "Callbacks that a receiver took.");
        meter.CreateObservableCounter("dispatcher.callbacks.failed", () => counters.Failed, "{callback}", "Callbacks that were given up.");
        meter.CreateObservableCounter("dispatcher.callbacks.retried", () => counters.Retried, "{attempt}", "Attempts that failed and will be repeated.");
        meter.CreateObservableCounter("dispatcher.callbacks.breaker_opens", () => counters.BreakerOpens, "{opening}", "Times that a receiver's breaker opened, failed probes included.");
        meter.CreateObservableGauge("dispatcher.callbacks.pending", () => counters.Pending, "{callback}", "Callbacks that are due: waiting for their turn, or under way.");
    }
}
