using Dispatcher.Web.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Tests.Support;

/// <summary>A real service in this process: Kestrel on a free loopback port, SQLite in a directory of its own.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestService(WebApplication app, Uri address) => (_app, Address) = (app, address);

    public Uri Address { get; }

    public DispatcherEngine Engine => _app.Services.GetRequiredService<DispatcherEngine>();

    public IServiceProvider Services => _app.Services;

    /// <summary>A client that holds every answer against the OpenAPI document.</summary>
    public HttpClient Client() => new(new ContractHandler(this)) { BaseAddress = Address };

    /// <param name="map">More endpoints, after those of Dispatcher.</param>
    public static async Task<TestService> Start(
        string dataDirectory, Action<DispatcherOptions>? configure = null, Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDispatcher(options =>
        {
            options.Store = options.Store with { DataDirectory = dataDirectory };
            configure?.Invoke(options);
        });
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapDispatcher();
        map?.Invoke(app);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new TestService(app, new Uri(address));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
