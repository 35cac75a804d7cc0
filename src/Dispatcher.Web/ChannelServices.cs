using Dispatcher.Feed.Callbacks;
using Dispatcher.Steps.Handlers.Channels;
using Dispatcher.Web.Embedding;
using Dispatcher.Web.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dispatcher.Web;

/// <summary>Deliveries to people: the step handler <c>channel.deliver</c> (docs/channels.md).</summary>
public static class ChannelServices
{
    /// <summary>
    /// Adds <c>channel.deliver</c> with the channels <c>web</c>, <c>webhook</c> and, if it is configured, <c>line</c>. Register an <see cref="IChannelDirectory"/> that knows your
    /// users, and further <see cref="IChannel"/>s, beside it.
    /// </summary>
    public static IServiceCollection AddChannels(this IServiceCollection services, ChannelOptions options)
    {
        services.TryAddSingleton<IChannelDirectory>(new ConfiguredDirectory([]));
        services.AddSingleton(provider => new ChannelPost(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IChannel, WebChannel>();
        services.AddSingleton<IChannel>(provider => new WebhookChannel(provider.GetRequiredService<ChannelPost>(), SignerOf(provider)));
        if (options.Line is { } line) services.AddSingleton<IChannel>(provider => new LineChannel(provider.GetRequiredService<ChannelPost>(), line));
        return services.AddSingleton(new EmbeddedHandler(provider => new DeliverHandler(provider.GetServices<IChannel>(), provider.GetRequiredService<IChannelDirectory>(), options)));
    }

    /// <summary>The engine is looked up when something is signed: it makes the handlers itself, and has its secrets later.</summary>
    private static SignWebhook SignerOf(IServiceProvider provider) => async (tenant, id, sentAtSeconds, body) =>
    {
        var secrets = await provider.GetRequiredService<DispatcherEngine>().Callbacks.Secrets.Active(tenant);
        return WebhookSignature.HeaderOf(secrets.Select(secret => (ReadOnlyMemory<byte>)secret.Secret), id, sentAtSeconds, body.Span);
    };
}
