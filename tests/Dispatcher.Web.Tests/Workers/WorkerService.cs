using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Workers;

/// <summary>
/// A service whose jobs have one step, which is given to a worker: <c>{queue, task, data}</c> of the job's input say which. A lease ends by no heartbeat that a slow
/// machine might miss.
/// </summary>
internal sealed class WorkerService : IAsyncDisposable
{
    private static readonly WorkflowDefinition Workflow = WorkflowDefinition.Parse(
        """
        name: work
        version: 1
        input:
          type: object
          properties: { queue: { type: string, default: demo }, task: { type: string, default: echo }, data: {} }
        steps:
          - id: run
            uses: worker
            retry: { max_attempts: 3, initial: 1ms, factor: 1 }
            with: { queue: "${input.queue}", task: "${input.task}", input: "${input.data}", heartbeat: 1h }
        """);

    private readonly TemporaryDirectory _directory;

    private WorkerService(TemporaryDirectory directory, TestService service) => (_directory, Service, Api) = (directory, service, new Api(service.Client()));

    public TestService Service { get; }

    public Api Api { get; }

    public JobGateway Gateway => Service.Engine.Gateway;

    public static async Task<WorkerService> Start(Action<DispatcherOptions>? configure = null)
    {
        var directory = new TemporaryDirectory();
        return new WorkerService(directory, await TestService.Start(directory.Path, options =>
        {
            options.Workflows.Add(Workflow);
            configure?.Invoke(options);
        }));
    }

    /// <summary>A new job, and the state in which it ends.</summary>
    public async Task<(JobId Id, Task<JobState> Ended)> Submit(object? data = null, string queue = "demo", string task = "echo")
    {
        var id = Gateway.NextJobId();
        var ended = Service.Engine.Node.Feed.WhenEnded(id);
        var spec = new JobSpec { Workflow = Workflow.Reference, Input = JsonSerializer.SerializeToElement(new { queue, task, data }) };
        Assert.IsType<CommandReply.Done>(await Gateway.Submit(spec, new Principal("test"), id));
        return (id, ended);
    }

    public Task<Answer> Post(string path, object body) => Api.Post($"/workers/{path}", JsonSerializer.Serialize(body));

    public Task<Answer> Put(string lease, string path, HttpContent content) => Api.Send(HttpMethod.Put, $"/workers/artifacts/{lease}/{path}", content);

    public Task<Answer> Poll(string worker = "w1", int waitMs = 60_000) => Post("lease", new { queues = new[] { "demo" }, worker, wait_ms = waitMs });

    /// <summary>A poll whose connection can be cut.</summary>
    public async Task<JsonElement> Poll(string worker, CancellationToken gone)
    {
        using var answer = await Api.Client.PostAsJsonAsync("/api/v1/workers/lease", new { queues = new[] { "demo" }, worker, wait_ms = 60_000 }, gone);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(gone);
    }

    /// <summary>The next task.</summary>
    public async Task<JsonElement> Lease(string worker = "w1") => (await Poll(worker)).At("leases.0");

    public async Task<string> StatusOf(string lease) =>
        (await Post("heartbeat", new { leases = new[] { new { lease } } })).Text("leases.0.status");

    public async Task<IReadOnlyList<JobEvent>> EventsOf(JobId id) =>
        [.. (await Service.Engine.Store.ReadEvents(id, 0, 1000)).Select(stored => EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span))];

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Service.DisposeAsync();
        _directory.Dispose();
    }
}
