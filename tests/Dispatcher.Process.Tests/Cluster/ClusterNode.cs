using Dispatcher.Sharding;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Providers;
using Dispatcher.Steps.Providers.Http;
using Dispatcher.Store.Postgres;
using Dispatcher.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>
/// A node of a cluster as a process: an application that has Dispatcher in itself, with a handler that notes outside the journal what it does. Writes
/// <c>listens URL</c>, and its log.
/// </summary>
internal static class ClusterNode
{
    public const string Word = "cluster-node";

    /// <summary>Orders take a second or so here, and whatever happens they are waited for.</summary>
    private static readonly ProviderOptions ProviderPatience = new() { PollInitial = TimeSpan.FromMilliseconds(100), PollMax = TimeSpan.FromMilliseconds(500), MaxPolls = 100_000 };

    public static async Task Run(ClusterNodeSettings settings)
    {
        var (directory, name) = (settings.Directory, settings.Name);
        var time = new JumpingTime(JumpingTime.FileOf(directory, name));
        using var provider = settings.Provider is { } url ? new HttpPredictionProvider(new HttpProviderOptions { Url = url }, time) : null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(settings.Address.GetLeftPart(UriPartial.Authority));
        builder.Logging.ClearProviders().AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff ")).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddDispatcher(options =>
        {
            options.Postgres = new PostgresStoreOptions { ConnectionString = settings.Connection, NodeName = name };
            options.Store = options.Store with { DataDirectory = Path.Combine(directory, name) };
            options.ArtifactsDirectory = Path.Combine(directory, "artifacts");
            options.Node = options.Node with { Cluster = new ClusterOptions { TrustMargin = settings.Margin }, DrainTimeout = TimeSpan.FromSeconds(1), StageLimits = LimitsOf };
            foreach (var workflow in ClusterWorkflows.All.Append(ClusterWorkflows.Enduring)) options.Workflows.Add(workflow);
            options.Handlers.Add(new EffectHandler(Path.Combine(directory, $"effects-{name}-{Environment.ProcessId}.log")));
            if (provider is not null) options.Handlers.Add(new ProviderStepHandler("provider.prediction", provider, ProviderPatience, new ProviderSignals()));
        });
        await using var app = builder.Build();
        app.MapDispatcher();
        await app.StartAsync();
        await Console.Out.WriteLineAsync($"listens {app.Urls.First()}");
        await app.WaitForShutdownAsync();
    }

    private static StageLimits LimitsOf(string stage) => stage == ClusterWorkflows.Capped ? new StageLimits { MaxConcurrency = ClusterWorkflows.Cap } : new StageLimits();
}
