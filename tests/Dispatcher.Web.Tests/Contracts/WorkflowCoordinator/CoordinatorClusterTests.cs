using System.Net;
using Dispatcher.Steps.Admission;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>The contract on a PostgreSQL cluster of two servers: whichever is asked, and whichever owns the job.</summary>
public sealed class CoordinatorClusterTests : CoordinatorTest
{
    private static int _made;

    private readonly string _schema = $"scenes_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}";
    private readonly TemporaryDirectory _second = new();
    private string _connection = "";
    private TestService? _other;

    private protected override StageLimits RenderLimits => new() { MaxConcurrency = 4, StartDelay = TimeSpan.FromMilliseconds(20) };

    public override async Task InitializeAsync()
    {
        _connection = (await PostgresCluster.Shared).ConnectionString;
        await base.InitializeAsync();
        _other = await TestService.Start(_second.Path, options =>
        {
            Configure(options);
            options.ArtifactsDirectory = Path.Combine(DataDirectory, "artifacts");
        }, ConfigureServices);
    }

    public override async Task DisposeAsync()
    {
        if (_other is not null) await _other.DisposeAsync();
        await base.DisposeAsync();
        _second.Dispose();
    }

    protected override void Configure(DispatcherOptions options)
    {
        base.Configure(options);
        options.Node = options.Node with { Cluster = PatientCluster.Options };
        options.Postgres = new PostgresStoreOptions { ConnectionString = _connection, Schema = _schema, ShardCount = 16, PartitionsAhead = 0, NodeName = _made.ToString(System.Globalization.CultureInfo.InvariantCulture) };
    }

    [Fact]
    public async Task AJob_GoesItsWay_WhicheverServerIsAsked()
    {
        using var second = new Api(new HttpClient { BaseAddress = _other!.Address });
        var numbers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Create()));
        foreach (var number in numbers)
        {
            var put = await second.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", """{"prompt":"from the other server"}""");
            Assert.True(put.Status == HttpStatusCode.OK, put.ToString());
            var approvals = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? Coordinator : second).Post($"{Root}/jobs/{number}/approve")));
            Assert.Single(approvals, answer => answer.Status == HttpStatusCode.OK);
            Assert.Equal(19, approvals.Count(answer => answer.Status == HttpStatusCode.UnprocessableEntity));
        }

        foreach (var number in numbers)
        {
            Assert.Equal("completed", (await EndedAt(second, number)).Text("status"));
            Assert.Equal("clip of From a.jpg to b.jpg\nclip of from the other server\nclip of From c.png to d.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
        }

        Assert.Equal(18, Provider.Bill.Count);
        var again = await second.Post($"{Root}/jobs/{numbers[0]}/scenes/{await SceneId(numbers[0], 0)}/regenerate");
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal("completed", (await EndedAt(Coordinator, numbers[0])).Text("status"));
        Assert.Equal(19, Provider.Bill.Count);
        Assert.Equal(6, (await second.Get($"{Root}/generated-videos")).Number("meta.count"));
    }

    /// <summary>Events of the other server do not come here, so the job is looked at.</summary>
    private static async Task<Answer> EndedAt(Api api, long number)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90), TimeProvider.System);
        while (true)
        {
            var answer = await api.Get($"{Root}/jobs/{number}");
            if (answer.Text("status") is "completed" or "failed") return answer;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }
}
