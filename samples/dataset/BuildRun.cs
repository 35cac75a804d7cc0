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
        var left = await orchestrator.GetWorkflowByJob(options.JobId);
        var id = left?.Id ?? await Begin();
        if (left is not null) Say($"Workflow {left.Id} goes on: {Words(left.Status)}, {left.Progress} %");
        var status = await Follow(id, cancellation);
        if (left is not null && status == WorkflowStatus.Failed)
        {
            id = await Recover(id);
            await Follow(id, cancellation);
        }

        foreach (var task in await orchestrator.GetTasks(id)) Say($"  {task.TaskName}: {Words(task.Status)}, {task.RetryCount} retries, {JsonSerializer.Serialize(task.Result)}");
        var ended = (await orchestrator.GetWorkflow(id))!;
        Say($"Workflow {ended.Id}: {Words(ended.Status)}, {ended.Progress} %{(ended.ErrorMessage is { } error ? $", {error}" : "")}");
        return ended.Status == WorkflowStatus.Completed ? 0 : 1;
    }

    private async Task<long> Begin()
    {
        Say("A new workflow");
        return (await orchestrator.CreateWorkflow(options.JobId, DatasetWorkflow.Of(new DatasetSteps(options, null!)), new { source = options.Source.ToString() })).Id;
    }

    /// <summary>A kill counts as a failed attempt, and a step may have had its last one: the workflow that an earlier run has left is recovered from there, or made anew.</summary>
    private async Task<long> Recover(long id)
    {
        var failed = (await orchestrator.GetWorkflow(id))!;
        if (failed.RecoveryAttempts >= failed.MaxRecoveryAttempts)
        {
            Say($"Workflow {id} has failed: {failed.ErrorMessage}. It was recovered {failed.RecoveryAttempts} times already");
            return await Begin();
        }

        var task = (await orchestrator.GetTasks(id)).First(task => task.Status != WorkflowTaskStatus.Completed);
        Say($"Workflow {id} has failed: {failed.ErrorMessage}. It is recovered from {task.TaskName}");
        return (await orchestrator.RecoverWorkflow(id, task.StepIndex, "the build was started again")).Id;
    }

    private async Task<WorkflowStatus> Follow(long id, CancellationToken cancellation)
    {
        if ((await orchestrator.GetWorkflow(id))!.Status == WorkflowStatus.Pending) await orchestrator.StartWorkflow(id);
        using var clock = new PeriodicTimer(LookEvery, time);
        var shown = "";
        while (true)
        {
            var progress = await orchestrator.GetWorkflowProgress(id);
            var running = progress.Tasks.FirstOrDefault(task => task.Status is WorkflowTaskStatus.Running or WorkflowTaskStatus.Retrying)?.Name ?? "-";
            var line = $"{progress.Progress,3} %  {progress.CompletedTasks} of {progress.TotalTasks}  {running}";
            if (line != shown) Say(shown = line);
            if (progress.Status is WorkflowStatus.Completed or WorkflowStatus.Failed or WorkflowStatus.Cancelled) return progress.Status;
            await clock.WaitForNextTickAsync(cancellation);
        }
    }

    private static string Words<TStatus>(TStatus status) => status!.ToString()!.ToLowerInvariant();

    private static void Say(string line) => Console.WriteLine(line);
}
