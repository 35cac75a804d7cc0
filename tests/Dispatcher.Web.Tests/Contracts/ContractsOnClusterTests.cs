using System.Net;
using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Contracts.TalkAvocado;
using Dispatcher.Web.Tests.Contracts.JobOrchestrator;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts;

/// <summary>The JobOrchestrator, yogacoach and the jobs API of talk videos at two servers on one PostgreSQL: what one has made, the other starts, shows and refuses to make again.</summary>
public sealed class ContractsOnClusterTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int _made;

    private readonly TemporaryDirectory _directory = new();
    private readonly string _schema = $"contracts_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}";
    private readonly Script _script = new();
    private TestService _one = null!;
    private TestService _two = null!;

    private WorkflowSpec Spec => Samples.Dataset(_script);

    public async Task InitializeAsync() => (_one, _two) = (await Start("one"), await Start("two"));

    public async Task DisposeAsync()
    {
        await _two.DisposeAsync();
        await _one.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task AWorkflow_IsMadeAtOneNode_AndExecutedAndShownAtTheOther()
    {
        var (here, there) = (OrchestratorOf(_one), OrchestratorOf(_two));
        var made = await here.CreateWorkflow(1, Spec, new { source = "test" });

        Assert.Equal(WorkflowStatus.Pending, (await there.GetWorkflow(made.Id))!.Status);
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        var done = await there.ExecuteWorkflow(made.Id, limit.Token);

        Assert.Equal((WorkflowStatus.Completed, 100), (done.Status, done.Progress));
        Assert.Equal(Spec.Steps.Select(step => step.Name), _script.Calls);
        Assert.Equal(5, (await here.GetWorkflowProgress(made.Id)).CompletedTasks);
        Assert.Equal(made.Id, (await there.GetWorkflowByJob(1))!.Id);
    }

    [Fact]
    public async Task Ids_AreUnique_WhenBothNodesMakeWorkflowsAtOnce()
    {
        var made = await Task.WhenAll(Enumerable.Range(1, 40).Select(job => OrchestratorOf(job % 2 == 0 ? _one : _two).CreateWorkflow(job, Spec)));
        Assert.Equal(40, made.Select(workflow => workflow.Id).Distinct().Count());
    }

    [Fact]
    public async Task ATalk_IsMadeOnce_WhicheverNodeIsAsked_AndShownByBoth()
    {
        const string Body = """{"tenantId":"default","input":{"originalFilename":"a.mp4","bytes":1,"mimeType":"video/mp4"}}""";
        using var one = new Api(_one.Client());
        using var two = new Api(_two.Client());
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(number =>
            Send(number % 2 == 0 ? (one, _one) : (two, _two), HttpMethod.Post, "/jobs", Body, ("x-idempotency-key", "once"))));

        var made = Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.All(answers.Where(answer => answer != made), answer => Assert.Equal((HttpStatusCode.Conflict, made.Text("jobId")), (answer.Status, answer.Text("jobId"))));
        foreach (var node in new[] { (one, _one), (two, _two) })
            Assert.Equal(made.Text("jobId"), (await Send(node, HttpMethod.Get, $"/jobs/{made.Text("jobId")}?tenantId=default")).Text("jobId"));
    }

    /// <summary>A hundred at once over both nodes, and minutes for one: whoever comes second, at whichever node, is given the first one's job.</summary>
    [Fact]
    public async Task AYogaSession_HasOneJobAndOneReservation_WhicheverNodeIsAsked()
    {
        using (var api = new Api(_one.Client()))
        {
            await api.Register("""
                name: yogacoach-v0-0-1
                version: 1
                quota: { meter: analysis-minutes, estimate: "${input.estimated_billable_minutes}", actual: 1 }
                steps: [ { id: analyse, uses: noop } ]
                """);
        }

        // The contract has no part in the document that the other clients check against.
        using var one = new Api(new HttpClient { BaseAddress = _one.Address });
        using var two = new Api(new HttpClient { BaseAddress = _two.Address });
        await _one.Engine.Quota.SetPlan("default", "analysis-minutes", new QuotaPlan("basic", 1, null));
        const string Body = """
            {"payload_type":"keypoints","payload":{"keypoints_data":[{"frame_id":0,"timestamp":0,"keypoints":{}},{"frame_id":1,"timestamp":9,"keypoints":{}}]},
             "callback_config":{"channel":"web","user_id":"ann"},"pipeline_version":"v0.0.1"}
            """;

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(number =>
            Send(number % 2 == 0 ? (one, _one) : (two, _two), HttpMethod.Post, "/api/yogacoach/jobs", Body, ("x-session-id", "same"))));

        var made = Assert.Single(answers, answer => answer.Status == HttpStatusCode.Accepted);
        Assert.All(answers.Where(answer => answer != made), answer => Assert.Equal((HttpStatusCode.OK, made.Text("job_id")), (answer.Status, answer.Text("job_id"))));
        Assert.Single((await _two.Engine.Store.ListJobs(new JobQuery { Limit = 10 })).Rows);
        Assert.Single(await _two.Engine.Quota.Ledger("default", "analysis-minutes", null, 100), entry => entry.Kind == QuotaEntryKind.Reserved);
        foreach (var node in new[] { (one, _one), (two, _two) })
            Assert.Equal(made.Text("job_id"), (await Send(node, HttpMethod.Get, $"/api/yogacoach/jobs/{made.Text("job_id")}/status")).Text("job_id"));
    }

    private static IJobOrchestrator OrchestratorOf(TestService service) => service.Services.GetRequiredService<IJobOrchestrator>();

    private static Task<Answer> Send((Api Api, TestService Service) node, HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers) =>
        node.Api.Send(method, new Uri(node.Service.Address, path).ToString(), body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"), headers);

    private async Task<TestService> Start(string name)
    {
        var connection = (await PostgresCluster.Shared).ConnectionString;
        return await TestService.Start(
            Path.Combine(_directory.Path, name),
            options =>
            {
                options.Postgres = new PostgresStoreOptions { ConnectionString = connection, Schema = _schema, ShardCount = 16, PartitionsAhead = 0, NodeName = name };
                options.ArtifactsDirectory = Path.Combine(_directory.Path, "artifacts");
                options.Contracts.UnionWith([Contract.JobOrchestrator, Contract.TalkAvocado, Contract.Yogacoach]);
                options.TalkAvocado = new TalkAvocadoOptions { StartOnCreate = true };
                options.Node = options.Node with { Cluster = PatientCluster.Options with { HeartbeatInterval = TimeSpan.FromMilliseconds(500), CrashGrace = TimeSpan.FromSeconds(2) } };
            },
            services => services.AddOrchestratedWorkflow(Spec));
    }
}
