using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.SchedulerService;

/// <summary>The same on PostgreSQL: a cluster of one node.</summary>
public sealed class SchedulerRunsOnPostgresTests : SchedulerRunTests
{
    private PostgresStoreOptions _postgres = null!;

    public override async Task InitializeAsync()
    {
        _postgres = await SchedulerSchema.New();
        await base.InitializeAsync();
        await Service.Engine.Recovered;
    }

    protected override void Configure(DispatcherOptions options)
    {
        base.Configure(options);
        options.Node = options.Node with { Cluster = PatientCluster.Options };
        options.Postgres = _postgres;
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class SchedulerJobsOnPostgresTests : SchedulerJobTests
{
    private PostgresStoreOptions _postgres = null!;

    public override async Task InitializeAsync()
    {
        _postgres = await SchedulerSchema.New();
        await base.InitializeAsync();
        await Service.Engine.Recovered;
    }

    protected override void Configure(DispatcherOptions options)
    {
        base.Configure(options);
        options.Node = options.Node with { Cluster = PatientCluster.Options };
        options.Postgres = _postgres;
    }
}

/// <summary>A schema of its own for each test.</summary>
internal static class SchedulerSchema
{
    private static int _made;

    public static async Task<PostgresStoreOptions> New() => new()
    {
        ConnectionString = (await PostgresCluster.Shared).ConnectionString,
        Schema = $"sched_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}",
        ShardCount = 16,
        PartitionsAhead = 0,
        NodeName = "one",
    };
}
