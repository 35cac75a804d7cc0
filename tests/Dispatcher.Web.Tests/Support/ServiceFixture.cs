using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;

namespace Dispatcher.Web.Tests.Support;

/// <summary>One service for all tests of a class, without keys, with endpoints that fail on purpose.</summary>
public sealed class ServiceFixture : IAsyncLifetime
{
    public const string Secret = "what-nobody-may-see";

    private readonly TemporaryDirectory _directory = new();
    private TestService? _service;

    internal TestService Service => _service!;

    internal LogLines Log { get; } = new();

    public async Task InitializeAsync() => _service = await TestService.Start(
        _directory.Path,
        options => options.Web = options.Web with { OwnsAllPaths = true, BodyLimitBytes = 64 * 1024 },
        services => Log.AddTo(services),
        app =>
        {
            app.MapGet("/api/v1/probe/fault", string () => throw new InvalidOperationException(Secret)).AllowAnonymousAccess();
            app.MapGet("/api/v1/probe/number/{id}", (int id) => id).AllowAnonymousAccess();
        });

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        _directory.Dispose();
    }
}
