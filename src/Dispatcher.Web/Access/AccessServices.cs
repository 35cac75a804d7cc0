using Dispatcher.Web.Access.Tokens;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Keys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Access;

/// <summary>What finds out who calls.</summary>
internal static class AccessServices
{
    /// <summary>After the engine, which opens the store that keys are read from.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services) => services
        .AddSingleton<KeyRing>()
        .AddSingleton<OperatorKey>()
        .AddSingleton(MakeCallerFinder)
        .AddSingleton<KeyService>()
        .AddHostedService<AccessStartup>();

    private static CallerFinder MakeCallerFinder(IServiceProvider services) =>
        new(services.GetRequiredService<KeyRing>(), services.GetRequiredService<OperatorKey>(), MakeTokenChecker(services));

    private static TokenChecker? MakeTokenChecker(IServiceProvider services)
    {
        if (services.GetRequiredService<IOptions<DispatcherOptions>>().Value.Web.Jwt is not { } options) return null;
        options.Check();
        IKeySource source = options.KeysUrl is { } url ? new UrlKeySource(url) : new FileKeySource(options.KeysFile!);
        var time = services.GetRequiredService<TimeProvider>();
        return new TokenChecker(options, new SigningKeys(source, time, services.GetRequiredService<ILogger<SigningKeys>>()), time);
    }
}
