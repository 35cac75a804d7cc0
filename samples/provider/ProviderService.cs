using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Provider;

/// <summary>
/// A provider of generated clips for tests and demos: takes orders over HTTP, bills each one, makes real clips, says so by webhook, and does everything wrong that it is
/// asked to. Its own process or part of another one.
/// </summary>
public sealed class ProviderService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Workshop _workshop;

    private ProviderService(WebApplication app, Workshop workshop)
    {
        (_app, _workshop) = (app, workshop);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        app.Lifetime.ApplicationStopping.Register(asked.SetResult);
        AskedToStop = asked.Task;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Completes when the process is asked to end.</summary>
    public Task AskedToStop { get; }

    /// <summary>What was ordered and paid.</summary>
    public IReadOnlyList<BillItem> Bill => _workshop.Ledger.Bill;

    public IReadOnlyList<Prediction> Predictions => _workshop.Ledger.All;

    /// <summary>How often somebody has asked how far an order is.</summary>
    public int Looks => _workshop.Looks;

    /// <summary>What goes wrong from now on; null for nothing.</summary>
    public void Set(Fault? fault) => _workshop.Set(fault ?? new Fault());

    /// <summary>Lets all go on that stalls, now and later.</summary>
    public void GoOnWithStalled() => _workshop.GoOnWithStalled();

    public static async Task<ProviderService> Start(ProviderSettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls(settings.Urls).ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 64 * 1024 * 1024);
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower);
        var app = builder.Build();
        var workshop = new Workshop(settings, () => new Uri(app.Urls.First()), app.Lifetime.ApplicationStopping);
        app.MapPredictions(workshop);
        await app.StartAsync();
        workshop.GoOn();
        return new ProviderService(app, workshop);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
