using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Live;

/// <summary>A service whose jobs go on when the test says so.</summary>
internal sealed class LiveJobs : IAsyncDisposable
{
    private static readonly WorkflowDefinition Gated = WorkflowDefinition.Parse(
        """
        name: gated
        version: 1
        steps:
          - { id: one, uses: noop }
          - { id: two, uses: test.gate, needs: [one] }
          - { id: three, uses: noop, needs: [two] }
        """);

    private static readonly WorkflowDefinition Quick = WorkflowDefinition.Parse("name: quick\nversion: 1\nsteps: [ { id: one, uses: noop } ]");

    private static readonly WorkflowDefinition Failing = WorkflowDefinition.Parse("name: failing\nversion: 1\nsteps: [ { id: one, uses: fail, with: { class: permanent } } ]");

    private readonly TemporaryDirectory _directory = new();

    private LiveJobs()
    {
    }

    public Gate Gate { get; } = new();

    public TestService Service { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public static async Task<LiveJobs> Start(Action<Hosting.DispatcherOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var jobs = new LiveJobs();
        await jobs.StartService(configure, services);
        return jobs;
    }

    /// <summary>Stops the service, as an operator does, and starts it on the same data.</summary>
    public async Task Restart()
    {
        await StopService();
        await StartService(configure: null, services: null);
    }

    public Task<JobId> SubmitGated(string tenant = "default") => Submit(Gated, tenant);

    public Task<JobId> SubmitQuick(string tenant = "default", JsonElement? input = null) => Submit(Quick, tenant, id: null, input);

    /// <summary>A job from its beginning to its end.</summary>
    public async Task<JobId> RunQuick(string tenant = "default")
    {
        var id = Service.Engine.Gateway.NextJobId();
        var ended = Service.Engine.Node.Feed.WhenEnded(id);
        await Submit(Quick, tenant, id);
        await ended;
        return id;
    }

    public Task<JobId> SubmitFailing(string tenant = "default") => Submit(Failing, tenant);

    public async ValueTask DisposeAsync()
    {
        Gate.Open();
        await StopService();
        _directory.Dispose();
    }

    private async Task<JobId> Submit(WorkflowDefinition workflow, string tenant, JobId? id = null, JsonElement? input = null)
    {
        var spec = new JobSpec { Tenant = tenant, Workflow = workflow.Reference, CorrelationId = $"of-{tenant}", Input = input };
        return Assert.IsType<CommandReply.Done>(await Service.Engine.Gateway.Submit(spec, new Principal("test"), id)).JobId;
    }

    private async Task StartService(Action<Hosting.DispatcherOptions>? configure, Action<IServiceCollection>? services)
    {
        Service = await TestService.Start(_directory.Path, options =>
        {
            options.Handlers.Add(Gate);
            options.Workflows.Add(Gated);
            options.Workflows.Add(Quick);
            options.Workflows.Add(Failing);
            options.Node = options.Node with { DrainTimeout = TimeSpan.Zero };
            configure?.Invoke(options);
        }, services);
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 10_000 }) { BaseAddress = Service.Address, Timeout = Timeout.InfiniteTimeSpan };
    }

    private async Task StopService()
    {
        Http.Dispose();
        await Service.DisposeAsync();
    }
}

/// <summary>Holds every attempt until it is opened, telling progress when asked to.</summary>
internal sealed class Gate : IStepHandler
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<StepContext> _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "test.gate";

    public JsonSchema? With => null;

    /// <summary>The first attempt that came.</summary>
    public Task<StepContext> Entered => _entered.Task;

    public void Open() => _open.TrySetResult();

    public async ValueTask<StepResult> Run(StepContext context)
    {
        _entered.TrySetResult(context);
        await _open.Task.WaitAsync(context.Cancellation);
        return new StepResult.Completed(JsonSerializer.SerializeToElement("through"), []);
    }
}
