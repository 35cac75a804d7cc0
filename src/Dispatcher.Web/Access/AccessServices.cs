using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Access;

/// <summary>What finds out who calls.</summary>
internal static class AccessServices
{
    /// <summary>After the engine, which opens the store that keys are read from.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services) => services
        .AddSingleton<KeyRing>()
        .AddSingleton<CallerFinder>()
        .AddHostedService<AccessStartup>();
}
