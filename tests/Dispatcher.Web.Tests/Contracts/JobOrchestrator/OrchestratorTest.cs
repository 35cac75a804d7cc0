using Dispatcher.Jobs;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.JobOrchestrator;

/// <summary>An application with the sample of the document and the steps of <see cref="Script"/>.</summary>
public abstract class OrchestratorTest : ServiceTest
{
    private protected Script Script { get; } = new();

    private protected IJobOrchestrator Orchestrator => Service.Services.GetRequiredService<IJobOrchestrator>();

    private protected WorkflowSpec Spec => Samples.Dataset(Script);

    protected override void Configure(DispatcherOptions options) => options.Contracts.Add(Contract.JobOrchestrator);

    protected override void ConfigureServices(IServiceCollection services) =>
        services.AddOrchestratedWorkflow(Spec).AddOrchestratedWorkflow(Quick).AddOrchestratedWorkflow(Timed);

    /// <summary>Without retries, so that a failure is final at once.</summary>
    private protected WorkflowSpec Quick => Spec with { Name = "Quick Build", Steps = [.. Spec.Steps.Select(step => step with { MaxRetries = 0 })] };

    /// <summary>One step, which may take 50 ms and is tried once.</summary>
    private protected WorkflowSpec Timed => new("Timed", [new WorkflowStep("Slow", "download", context => Script.Run("Slow", context)) { MaxRetries = 0, Timeout = TimeSpan.FromMilliseconds(50) }]);

    private protected static async Task Refused(string text, Func<Task> move) => Assert.Equal(text, (await Assert.ThrowsAsync<WorkflowValidationException>(move)).Message);

    private protected async Task<System.Collections.Immutable.ImmutableArray<StepPlan>> PlanOf(long jobId)
    {
        var page = await Service.Engine.Store.ListJobs(new Dispatcher.Store.JobQuery { Tenant = "default", Terms = [$"job_id={jobId}"], Limit = 1 });
        return (await Service.Engine.Gateway.Inspect(page.Rows[0].Id))!.State!.Plan.Steps;
    }

    private protected async Task<WorkflowState> Ended(long id)
    {
        using var events = Service.Engine.Node.Feed.Subscribe();
        while (true)
        {
            if ((await Orchestrator.GetWorkflow(id))! is { Status: WorkflowStatus.Completed or WorkflowStatus.Failed or WorkflowStatus.Cancelled } ended) return ended;
            await events.Messages.ReadAsync();
        }
    }

    /// <summary>Waits until a task is as it should be; it then.</summary>
    private protected async Task<WorkflowTask> UntilTask(long id, int index, Func<WorkflowTask, bool> isSo)
    {
        using var events = Service.Engine.Node.Feed.Subscribe();
        while (true)
        {
            var task = (await Orchestrator.GetTasks(id))[index];
            if (isSo(task)) return task;
            await events.Messages.ReadAsync();
        }
    }

    /// <summary>Holds one step up.</summary>
    private protected sealed class Gate
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Gate(Script script, string step) => script.Does[step] = async context =>
        {
            _entered.TrySetResult();
            try
            {
                await _open.Task.WaitAsync(context.Cancellation);
            }
            catch (OperationCanceledException)
            {
                _stopped.TrySetResult();
                throw;
            }

            return null;
        };

        public Task Entered => _entered.Task;

        public Task Stopped => _stopped.Task;

        public void Open() => _open.TrySetResult();
    }
}
