using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Live;

/// <summary>What live connections have in common.</summary>
internal static class LiveServices
{
    public static IServiceCollection AddLive(this IServiceCollection services) => services.AddSingleton<LiveClock>();
}
