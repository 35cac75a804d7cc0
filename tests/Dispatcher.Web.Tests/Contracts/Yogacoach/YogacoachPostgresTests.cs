using System.Net;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach;

/// <summary>The contract on PostgreSQL: what depends on the store.</summary>
public sealed class YogacoachPostgresTests : YogacoachTest
{
    private static int _made;

    private string _connection = "";

    public override async Task InitializeAsync()
    {
        _connection = (await PostgresCluster.Shared).ConnectionString;
        await base.InitializeAsync();
        await Service.Engine.Recovered;
    }

    private protected override void Configure(DispatcherOptions options)
    {
        options.Node = options.Node with { Cluster = PatientCluster.Options };
        options.Postgres = new PostgresStoreOptions
        {
            ConnectionString = _connection,
            Schema = $"yoga_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}",
            ShardCount = 8,
            PartitionsAhead = 0,
            NodeName = "one",
        };
    }

    [Fact]
    public async Task AJob_RunsIsBilledAndDelivered()
    {
        var status = await Run(Request("bent", "line", "ann"));

        Assert.Equal(("completed", "analyzed", "line_flex"), (status.Text("status"), status.Text("result.outcome"), status.Text("delivery.channel_receipt.delivery_method")));
        Assert.Single(await LineMessages());
        Assert.Equal((1, 0), ((await Account()).Used, (await Account()).Reserved));
        Assert.Equal(status.At("result.analysis_minutes").GetDecimal(), (await Ledger()).Single(entry => entry.Kind == QuotaEntryKind.Committed).Raw);
    }

    [Fact]
    public async Task Duplicates_AHundredAtOnce_AreOneJobAndOneReservation()
    {
        var version = await RegisterBlocked();
        var body = Request("short", version: version);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Create(body, "same")));

        Assert.Equal((1, 99), (answers.Count(answer => answer.Status == HttpStatusCode.Accepted), answers.Count(answer => answer.Status == HttpStatusCode.OK)));
        Assert.Single(answers.Select(answer => answer.Text("job_id")).Distinct());
        Assert.Single(await Ledger(), entry => entry.Kind == QuotaEntryKind.Reserved);
        Block.Release();
        await Ended(answers[0].Text("job_id"));
        Assert.Equal((1, 0), ((await Account()).Used, (await Account()).Reserved));
    }

    [Fact]
    public async Task Insufficient_ThenUpgraded_TheSameKeyMakesTheJob()
    {
        await SetPlan(0);
        Assert.Equal(HttpStatusCode.PaymentRequired, (await Create(Request("good"), "s-1")).Status);

        await SetPlan(1);

        Assert.Equal("completed", (await Run(Request("good"), "s-1")).Text("status"));
    }
}
