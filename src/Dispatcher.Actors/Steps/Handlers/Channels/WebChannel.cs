namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>
/// <c>web</c>: the live feed. The step's own completion is the push: its event carries the receipt, goes to everybody who follows the job or the tenant over SignalR or
/// server-sent events, and can be read again from any place, so it is there exactly once and cannot be lost.
/// </summary>
public sealed class WebChannel : IChannel
{
    public string Name => "web";

    public bool NeedsBinding => false;

    public ValueTask<ChannelAnswer> Send(ChannelDelivery delivery, CancellationToken cancellation) => ValueTask.FromResult<ChannelAnswer>(new ChannelAnswer.Delivered("web_feed"));
}
