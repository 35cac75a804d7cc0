using System.Net.Sockets;
using Dispatcher.Host.Commands;
using Dispatcher.Host.Configuration;
using Dispatcher.Host.Remote;
using Dispatcher.Store.Sqlite;
using Dispatcher.Web;
using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Composition;

/// <summary>The job service of <c>dispatcher serve</c>: the settings turned into a web application.</summary>
internal sealed partial class ServiceHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HandlerSet _handlers;
    private readonly HostEdges _edges;
    private readonly DispatcherSettings _settings;
    private bool _left;

    private ServiceHost(WebApplication app, HandlerSet handlers, DispatcherSettings settings, HostEdges edges) =>
        (_app, _handlers, _settings, _edges) = (app, handlers, settings, edges);

    /// <param name="urls">Over those of the settings; several with a semicolon between.</param>
    /// <exception cref="CommandException">An address or its certificate cannot be used.</exception>
    public static ServiceHost Build(DispatcherSettings settings, string? urls, HostEdges edges)
    {
        var addresses = Addresses(settings.Web, urls);
        var handlers = new HandlerSet(settings, edges.Time);
        // An empty builder: no settings of the framework come in from files or variables that happen to be around.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            ServiceOptions.Limit(kestrel, settings.Web);
            ServiceCertificate.Use(kestrel, settings.Web, addresses, edges.CurrentDirectory);
        });
        builder.Services.AddRouting();
        builder.Services.AddSingleton(HostLogging.Create(settings.LogLevel, settings.LogFormat, edges));
        builder.Services.AddSingleton(edges.Time);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = settings.Web.ShutdownTimeout);
        builder.Services.AddSingleton(handlers.Signals);
        builder.Services.AddDispatcher(options =>
        {
            options.Store = StorePlace.SqliteOptions(settings);
            options.Postgres = new StorePlace(settings).Postgres is { } postgres ? postgres with { Address = AddressForOthers(addresses) } : null;
            options.Node = EmbeddedEngine.Options(settings);
            options.Web = ServiceOptions.Web(settings.Web, edges.CurrentDirectory);
            options.ArtifactsDirectory = settings.ArtifactsDirectory;
            options.FilesDirectory = settings.FilesDirectory;
            options.Web = options.Web with { ArtifactLimitBytes = settings.Workers.ArtifactLimitBytes };
            options.Contracts.UnionWith(settings.Contracts);
            options.TalkAvocado = settings.TalkAvocado;
            options.Handlers.Clear();
            foreach (var handler in handlers.Registry.Handlers) options.Handlers.Add(handler);
            foreach (var (code, handler) in settings.Capabilities) options.Capabilities[code] = handler;
        });
        if (settings.Channels.IsEnabled) ChannelSetup.Add(builder.Services, settings.Channels, edges.CurrentDirectory);
        // The hub brings the framework's authorization along, which would look at each request; here the access rules of the endpoints do.
        builder.Services.RemoveAll<IAuthorizationHandlerProvider>();
        var app = builder.Build();
        foreach (var address in addresses) app.Urls.Add(address);
        app.MapDispatcher();
        return new ServiceHost(app, handlers, settings, edges);
    }

    /// <summary>
    /// Serves until the process is asked to end, then ends cleanly: takes no more connections, lets requests under way end, and drains the node.
    /// Asked again it leaves at once; nothing that was accepted is lost by that.
    /// </summary>
    /// <returns>The exit code.</returns>
    public async Task<int> Run()
    {
        using var telemetry = HostTelemetry.Start(_settings.Telemetry, _edges);
        var place = new StorePlace(_settings);
        // The embedded store takes the directory itself. Beside a database it holds what commands need to find this server, and files.
        using var directory = place.Postgres is null ? null : DataDirectory.Take(_settings.DataDirectory);
        await Start();
        using var announcement = RunningServer.Announce(_settings.DataDirectory, AddressForOwn(_app.Urls.First()), _app.Services.GetRequiredService<OperatorKey>().Text, place.Name);
        foreach (var address in _app.Urls) await Say($"Dispatcher listens on {address}");
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A node that is asked to leave its cluster stops its application.
        await using (_app.Lifetime.ApplicationStopping.Register(stopping.SetResult)) await Task.WhenAny(_edges.Signals.Interrupted, _edges.Signals.Terminated, stopping.Task);
        await Say("Stopping: requests and steps under way may end first. Ask again to leave at once.");
        var stop = _app.StopAsync();
        _left = await Task.WhenAny(stop, _edges.Signals.AskedAgain) != stop;
        if (!_left) await stop;
        return _left ? ExitCode.Interrupted : ExitCode.Ok;
    }

    /// <summary>Whoever leaves at once waits for nothing: the operating system takes back the lock and kills the commands.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_left) return;
        await _app.DisposeAsync();
        _handlers.Dispose();
    }

    /// <summary>To whoever started the service; where machines read along, in their form.</summary>
    private async Task Say(string sentence)
    {
        if (_settings.LogFormat == LogFormat.Json) LogSaid(_app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Dispatcher.Host"), sentence);
        else await _edges.Error.WriteLineAsync(sentence);
    }

    [LoggerMessage(EventId = 5001, Level = LogLevel.Information, Message = "{Sentence}")]
    private static partial void LogSaid(ILogger logger, string sentence);

    private async Task Start()
    {
        try
        {
            await _app.StartAsync();
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            throw new CommandException(ExitCode.Failed, $"{failure.Message} Stop the program that listens there, or listen elsewhere with --urls.");
        }
        catch (SocketException failure)
        {
            throw new CommandException(ExitCode.Failed, $"The service cannot listen on {string.Join(", ", _app.Urls)}: {failure.Message}. Choose another address with --urls.");
        }
    }

    private static IReadOnlyList<string> Addresses(WebSettings web, string? urls)
    {
        var addresses = urls?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [.. web.Urls];
        return addresses.Length > 0 && addresses.All(address => WebAddress.TryParse(address, out _))
            ? addresses
            : throw new CommandException(ExitCode.Usage, $"'{urls}' is no address to listen on; write http://ADDRESS:PORT, several with a semicolon between.");
    }

    /// <summary>Where others reach this node, for people; empty if the port is not known before it listens.</summary>
    private static string AddressForOthers(IReadOnlyList<string> addresses)
    {
        if (!WebAddress.TryParse(addresses[0], out var parsed) || parsed.Port == 0) return "";
        return $"{parsed.Scheme}://{(parsed.Host is "0.0.0.0" or "[::]" or "*" or "+" ? Environment.MachineName : parsed.Host)}:{parsed.Port}";
    }

    /// <summary>Where commands on this machine reach an address that stands for all of them.</summary>
    private static string AddressForOwn(string address) => WebAddress.TryParse(address, out var parsed) && parsed.Host is "0.0.0.0" or "[::]" or "*" or "+"
        ? $"{parsed.Scheme}://127.0.0.1:{parsed.Port}"
        : address;
}
