using Dispatcher.Host.Configuration;
using Dispatcher.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Composition;

/// <summary>The job service of <c>dispatcher serve</c>: the settings turned into a web application.</summary>
internal sealed class ServiceHost : IAsyncDisposable
{
    private const string DefaultUrl = "http://127.0.0.1:5080";

    private readonly WebApplication _app;
    private readonly HandlerSet _handlers;
    private readonly HostEdges _edges;

    private ServiceHost(WebApplication app, HandlerSet handlers, HostEdges edges) => (_app, _handlers, _edges) = (app, handlers, edges);

    public static ServiceHost Build(DispatcherSettings settings, string? urls, HostEdges edges)
    {
        var handlers = new HandlerSet(settings, edges.Time);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(HostLogging.Create(settings.LogLevel, edges));
        builder.Services.AddSingleton(edges.Time);
        builder.WebHost.UseUrls((urls ?? DefaultUrl).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        builder.Services.AddDispatcher(options =>
        {
            options.Store = EmbeddedEngine.StoreOptions(settings);
            options.Node = EmbeddedEngine.Options(settings);
            options.ArtifactsDirectory = settings.ArtifactsDirectory;
            options.Handlers.Clear();
            foreach (var name in handlers.Registry.Names) options.Handlers.Add(handlers.Registry.Find(name)!);
        });
        var app = builder.Build();
        app.MapDispatcher();
        return new ServiceHost(app, handlers, edges);
    }

    /// <summary>Serves until the process is asked to end.</summary>
    public async Task Run()
    {
        await _app.StartAsync();
        foreach (var address in _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses)
            await _edges.Error.WriteLineAsync($"Dispatcher listens on {address}");
        await Task.WhenAny(_edges.Signals.Interrupted, _edges.Signals.Terminated);
        await _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _handlers.Dispose();
    }
}
