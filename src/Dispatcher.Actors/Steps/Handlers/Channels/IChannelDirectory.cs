namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>How a user is reached over a channel.</summary>
/// <param name="Address">What the channel needs: a URL for <c>webhook</c>, the platform's user id for <c>line</c>.</param>
public sealed record ChannelBinding(string Address)
{
    /// <summary>False: the user is bound, and wants to hear nothing.</summary>
    public bool PushEnabled { get; init; } = true;

    /// <summary>True: the user has blocked the sender.</summary>
    public bool BotBlocked { get; init; }
}

/// <summary>Who is reached how. An application that knows its users implements it; <see cref="ConfiguredDirectory"/> has a list.</summary>
public interface IChannelDirectory
{
    /// <summary>The user's binding to the channel; null if there is none. An exception counts as a fault that passes, and is tried again.</summary>
    ValueTask<ChannelBinding?> Find(string tenant, string user, string channel, CancellationToken cancellation);
}

/// <summary>Bindings that are known from the start.</summary>
public sealed class ConfiguredDirectory(IEnumerable<KeyValuePair<(string Tenant, string User, string Channel), ChannelBinding>> bindings) : IChannelDirectory
{
    private readonly Dictionary<(string Tenant, string User, string Channel), ChannelBinding> _bindings = new(bindings);

    public ValueTask<ChannelBinding?> Find(string tenant, string user, string channel, CancellationToken cancellation) =>
        ValueTask.FromResult(_bindings.GetValueOrDefault((tenant, user, channel)));
}
