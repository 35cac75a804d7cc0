using System.Net;
using Dispatcher.Jobs;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.JobOrchestrator;

/// <summary>Orders at a server that waits for nobody and owns no job, since the other one was there first: they are durable, and what comes of them the workflow shows.</summary>
public sealed class OrchestratorOnClusterTests : IAsyncLifetime
{
    private const string Root = "/api/workflows/orchestrator";
    private const string Order = """{"job_id":1,"name":"Accepted","steps":[{"name":"a","task_type":"t","handler":"noop"}]}""";
    private static int _made;

    private readonly TemporaryDirectory _directory = new();
    private readonly string _schema = $"accepted_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}";
    private TestService _owner = null!;
    private TestService _hasty = null!;

    public async Task InitializeAsync()
    {
        _owner = await Start("owner", TimeSpan.FromSeconds(60));
        using var api = new Api(_owner.Client());
        // Answered when somebody owns the shards: all of them are this one's then.
        Assert.Equal(HttpStatusCode.Created, (await api.Post(Root, Order)).Status);
        _hasty = await Start("hasty", TimeSpan.Zero);
    }

    public async Task DisposeAsync()
    {
        await _hasty.DisposeAsync();
        await _owner.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task AnOrder_IsAnswered202_WhenItIsDurableAndNoMore()
    {
        using var hasty = new Api(_hasty.Client());

        var made = await hasty.Post(Root, Order);
        Assert.True(made.Status == HttpStatusCode.Accepted, made.ToString());
        var path = $"{Root}/{made.Number("id")}";
        Assert.Equal(("accepted", path), (made.Text("status"), made.Headers.Location!.ToString()));
        await Until(made.Number("id"), WorkflowStatus.Pending);

        var started = await hasty.Post($"{path}/start");
        Assert.Equal((HttpStatusCode.Accepted, made.Number("id")), (started.Status, started.Number("id")));
        await Until(made.Number("id"), WorkflowStatus.Completed);
        Assert.Equal(HttpStatusCode.Conflict, (await hasty.Post($"{path}/start")).Status);
    }

    [Fact]
    public async Task AnOrder_SaysThatItIsDurable_AndAnEndIsWaitedForAllTheSame()
    {
        var spec = new WorkflowSpec("Accepted", [new WorkflowStep("a", "t", "noop")]);
        var orchestrator = _hasty.Services.GetRequiredService<IJobOrchestrator>();

        var accepted = await Assert.ThrowsAsync<WorkflowAcceptedException>(() => orchestrator.CreateWorkflow(1, spec));
        await Until(accepted.WorkflowId, WorkflowStatus.Pending);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);

        Assert.Equal(WorkflowStatus.Completed, (await orchestrator.ExecuteWorkflow(accepted.WorkflowId, limit.Token)).Status);
    }

    [Fact]
    public async Task AnOrderOfAnApplication_SaysThatItIsDurable_AndTakesEffectOnce()
    {
        using var api = new Api(_owner.Client());
        await api.Register(Support.Workflows.Guarded);
        var id = JobId.Parse((await api.Post("/jobs", """{"workflow":"guarded"}""")).Text("id"));
        var client = _hasty.Services.GetRequiredService<IDispatcherClient>();

        var accepted = await Assert.ThrowsAsync<DispatcherAcceptedException>(() => client.Cancel(id, "enough"));

        Assert.Equal(id, accepted.JobId);
        Assert.Equal(JobStatus.Cancelled, (await client.WhenEnded(id)).Status);
    }

    /// <summary>At the owner, whose events come here.</summary>
    private async Task Until(long id, WorkflowStatus status)
    {
        using var events = _owner.Engine.Node.Feed.Subscribe();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while ((await _owner.Services.GetRequiredService<IJobOrchestrator>().GetWorkflow(id))?.Status != status) await events.Messages.ReadAsync(limit.Token);
    }

    private async Task<TestService> Start(string name, TimeSpan commandWait)
    {
        var connection = (await PostgresCluster.Shared).ConnectionString;
        return await TestService.Start(Path.Combine(_directory.Path, name), options =>
        {
            options.Postgres = new PostgresStoreOptions { ConnectionString = connection, Schema = _schema, ShardCount = 16, PartitionsAhead = 0, NodeName = name };
            options.Contracts.Add(Contract.JobOrchestrator);
            options.Node = options.Node with { Cluster = PatientCluster.Options with { ImbalanceLimit = 100, CommandWait = commandWait } };
        });
    }
}
