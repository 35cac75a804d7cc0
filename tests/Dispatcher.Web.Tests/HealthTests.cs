using System.Net;
using Dispatcher.Store;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Dispatcher.Web.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Live_Answers_WhenTheServiceRuns()
    {
        using var directory = new TemporaryDirectory();
        await using var service = await TestService.Start(directory.Path);
        using var client = service.Client();

        var answer = await client.GetAsync("/health/live");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"status":"live"}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Ready_SaysWhenTheRecoveryIsDone()
    {
        using var directory = new TemporaryDirectory();
        await using (var before = await TestService.Start(directory.Path, Configure))
        {
            using var api = new Api(before.Client());
            await api.Register("name: held\nversion: 1\nsteps: [ { id: one, uses: test.block } ]");
            await api.Create("""{"workflow":"held"}""");
        }

        var disk = new SlowDisk();
        await using var service = await TestService.Start(directory.Path, Configure, services => services.AddHostedService(provider => disk.Behind(provider.GetRequiredService<DispatcherEngine>())));
        using var client = service.Client();
        using var recovering = await client.GetAsync("/health/ready");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, """{"status":"recovering"}"""), (recovering.StatusCode, await recovering.Content.ReadAsStringAsync()));

        disk.Go();
        await service.Engine.Recovered;

        using var ready = await client.GetAsync("/health/ready");
        Assert.Equal((HttpStatusCode.OK, """{"status":"ready"}"""), (ready.StatusCode, await ready.Content.ReadAsStringAsync()));
    }

    /// <summary>A job that is left when the service stops begins its step again when it starts.</summary>
    private static void Configure(DispatcherOptions options)
    {
        options.Handlers.Add(new BlockHandler());
        options.Node = options.Node with { DrainTimeout = TimeSpan.Zero };
    }

    /// <summary>Holds the first commit, and with it whatever the recovery has to write, until it is told to go on.</summary>
    private sealed class SlowDisk : IHostedService, IJournalListener
    {
        private readonly ManualResetEventSlim _go = new();
        private DispatcherEngine _engine = null!;

        public SlowDisk Behind(DispatcherEngine engine)
        {
            _engine = engine;
            return this;
        }

        public void Go() => _go.Set();

        public void Committed(IReadOnlyList<CommittedAppend> appends) => _go.Wait();

        /// <summary>After the engine has opened its store, and before anything goes on.</summary>
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _engine.Store.Listen(this);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
