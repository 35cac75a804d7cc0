using System.Text.Json;
using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Hosting;

namespace Dataset;

/// <summary>Makes the job's workflow once, follows it to its end and ends the program: one that was killed on the way goes on with the same workflow.</summary>
internal sealed class BuildRun(IJobOrchestrator orchestrator, DispatcherEngine engine, BuildOptions options, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The engine is ready when the application has started.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (lifetime.ApplicationStarted.Register(started.SetResult)) await started.Task.WaitAsync(stoppingToken);
        await engine.Recovered.WaitAsync(stoppingToken);
        Environment.ExitCode = await Build(stoppingToken);
        lifetime.StopApplication();
    }

    private async Task<int> Build(CancellationToken cancellation)
    {
        var spec = DatasetWorkflow.Of(new DatasetSteps(options, null!));
        var workflow = await orchestrator.GetWorkflowByJob(options.JobId);
        Say(workflow is null ? "A new workflow" : $"Workflow {workflow.Id} goes on: {Words(workflow.Status)}, {workflow.Progress} %");
        workflow ??= await orchestrator.CreateWorkflow(options.JobId, spec, new { source = options.Source.ToString() });
        if (workflow.Status == WorkflowStatus.Pending) await orchestrator.StartWorkflow(workflow.Id);
        await Follow(workflow.Id, cancellation);
        foreach (var task in await orchestrator.GetTasks(workflow.Id)) Say($"  {task.TaskName}: {Words(task.Status)}, {task.RetryCount} retries, {JsonSerializer.Serialize(task.Result)}");
        var ended = (await orchestrator.GetWorkflow(workflow.Id))!;
        Say($"Workflow {ended.Id}: {Words(ended.Status)}, {ended.Progress} %{(ended.ErrorMessage is { } error ? $", {error}" : "")}");
        return ended.Status == WorkflowStatus.Completed ? 0 : 1;
    }

    private async Task Follow(long id, CancellationToken cancellation)
    {
        using var clock = new PeriodicTimer(LookEvery, time);
        var shown = "";
        do
        {
            var progress = await orchestrator.GetWorkflowProgress(id);
            var running = progress.Tasks.FirstOrDefault(task => task.Status is WorkflowTaskStatus.Running or WorkflowTaskStatus.Retrying)?.Name ?? "-";
            var line = $"{progress.Progress,3} %  {progress.CompletedTasks} of {progress.TotalTasks}  {running}";
            if (line != shown) Say(shown = line);
            if (progress.Status is WorkflowStatus.Completed or WorkflowStatus.Failed or WorkflowStatus.Cancelled) return;
        }
        while (await clock.WaitForNextTickAsync(cancellation));
    }

    private static string Words<TStatus>(TStatus status) => status!.ToString()!.ToLowerInvariant();

    private static void Say(string line) => Console.WriteLine(line);
}
