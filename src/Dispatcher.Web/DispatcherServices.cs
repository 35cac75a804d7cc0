using Dispatcher.Web.Health;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Json;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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
        services.AddSingleton<DispatcherEngine>();
        services.AddHostedService(provider => provider.GetRequiredService<DispatcherEngine>());
        services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        services.AddProblems();
        return services;
    }

    /// <summary>Maps the REST gateway and the health checks.</summary>
    public static IEndpointRouteBuilder MapDispatcher(this IEndpointRouteBuilder app)
    {
        app.MapHealth();
        var api = app.MapGroup("/api/v1");
        api.MapJobs();
        return app;
    }
}
