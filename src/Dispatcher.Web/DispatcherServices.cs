using Dispatcher.Web.Access;
using Dispatcher.Web.Admin;
using Dispatcher.Web.Artifacts;
using Dispatcher.Web.Callbacks;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Contracts.TalkAvocado;
using Dispatcher.Web.Contracts.WorkflowCoordinator;
using Dispatcher.Web.Contracts.Yogacoach;
using Dispatcher.Web.Embedding;
using Dispatcher.Web.Health;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Json;
using Dispatcher.Web.Keys;
using Dispatcher.Web.Live;
using Dispatcher.Web.Metrics;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Patterns;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Quotas;
using Dispatcher.Web.Schedules;
using Dispatcher.Web.Stats;
using Dispatcher.Web.Workers;
using Dispatcher.Web.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web;

/// <summary>Puts Dispatcher into an ASP.NET Core application: <c>services.AddDispatcher(...)</c> and <c>app.MapDispatcher()</c>.</summary>
public static class DispatcherServices
{
    /// <summary>Adds the engine, which starts and stops with the application.</summary>
    public static IServiceCollection AddDispatcher(this IServiceCollection services, Action<DispatcherOptions>? configure = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<DispatcherOptions>();
        if (configure is not null) services.Configure(configure);
        services.AddMetrics();
        services.AddSingleton<MetricsCollector>();
        services.AddLog();
        services.AddSingleton<DispatcherEngine>();
        services.AddHostedService(provider => provider.GetRequiredService<DispatcherEngine>());
        services.TryAddSingleton<IDispatcherClient>(provider => new DispatcherClient(provider.GetRequiredService<DispatcherEngine>()));
        services.TryAddSingleton<IQuota>(provider => new EngineQuota(provider.GetRequiredService<DispatcherEngine>()));
        services.AddAccess();
        services.AddWorkers();
        services.AddJobs();
        services.AddStats();
        services.AddSingleton<YogacoachJobs>().AddSingleton<YogacoachQuota>();
        services.AddLive();
        services.AddAdmin();
        services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        services.AddProblems();
        services.AddApiDocument();
        services.AddSingleton<JobNumber>();
        services.AddWorkflowCoordinator();
        services.AddJobOrchestrator();
        services.AddTalkAvocado();
        services.AddPipeline();
        return services;
    }

    /// <summary>Maps the REST gateway and the health checks, and guards them: each endpoint says which role it needs.</summary>
    /// <exception cref="InvalidOperationException">An endpoint says nothing about who may call it.</exception>
    public static WebApplication MapDispatcher(this WebApplication app)
    {
        app.UseDispatcher();
        var ours = new EndpointList(app.Services);
        ours.MapHealth();
        ours.MapMetrics();
        ours.MapApiDocument();
        ours.MapHub();
        var api = ours.MapGroup("/api/v1");
        api.MapJobs();
        api.MapKeys();
        api.MapWorkflows();
        api.MapArtifacts();
        api.MapStats();
        api.MapQuota();
        api.MapLive();
        api.MapCallbacks();
        api.MapWorkers();
        api.MapAdmin();
        api.MapSchedules();
        api.MapPatterns();
        ours.MapContracts(app.Services.GetRequiredService<IOptions<DispatcherOptions>>().Value.Contracts);
        ours.AddTo(app);
        return app;
    }
}
