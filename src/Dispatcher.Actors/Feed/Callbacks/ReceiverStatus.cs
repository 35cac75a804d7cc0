namespace Dispatcher.Feed.Callbacks;

/// <summary>A receiver of callbacks that has something to send or has failed lately, as this node sees it.</summary>
/// <param name="Origin">Scheme, host and port.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="ProbeAt">When the open breaker lets an attempt through.</param>
/// <param name="Waiting">Deliveries that are due and wait in memory.</param>
/// <param name="UnderWay">Attempts that run now.</param>
public sealed record ReceiverStatus(string Origin, BreakerState Breaker, int Failures, DateTimeOffset? ProbeAt, int Waiting, int UnderWay)
{
    internal static ReceiverStatus Of(Receiver receiver) =>
        new(receiver.Key.Origin, receiver.Breaker.State, receiver.Breaker.Failures, receiver.Breaker.OpenUntil, receiver.Waiting, receiver.UnderWay);
}
