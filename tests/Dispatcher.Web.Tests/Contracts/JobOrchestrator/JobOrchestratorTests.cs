using System.Collections.Immutable;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Web.Contracts.JobOrchestrator;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.JobOrchestrator;

/// <summary>The JobOrchestrator as a library, row by row as contracts.md, section 2, has it. Time stands still but where a test moves it.</summary>
public sealed class JobOrchestratorTests : OrchestratorTest
{
    [Fact]
    public async Task Create_MakesAPendingWorkflow_WithTheDefaultsOfTheTables()
    {
        var made = await Orchestrator.CreateWorkflow(1, Spec, new { source = "test" });

        Assert.Equal((1, WorkflowStatus.Pending, 0, 5, 0), (made.JobId, made.Status, made.CurrentStep, made.TotalSteps, made.Progress));
        Assert.Equal((0, 3), (made.RecoveryAttempts, made.MaxRecoveryAttempts));
        Assert.Equal((null, null, null, null), (made.ErrorMessage, made.StartedAt, made.CompletedAt, made.LastCheckpoint));
        Assert.Equal("""{"source":"test"}""", made.Metadata.GetRawText());
        Assert.True(made.Id is > 0 and < 1L << 53);
        Assert.Equal(made.CreatedAt, made.UpdatedAt);
        Assert.Empty(Script.Calls);
    }

    [Fact]
    public async Task Create_MakesPendingTasks_WithTheFieldsOfTheTables()
    {
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        var tasks = await Orchestrator.GetTasks(made.Id);

        Assert.Equal(["Download Images", "Validate Images", "Deduplicate Images", "Label Images", "Store Images"], tasks.Select(task => task.TaskName));
        Assert.Equal(["download", "validate", "deduplicate", "label", "storage"], tasks.Select(task => task.TaskType));
        Assert.Equal([0, 1, 2, 3, 4], tasks.Select(task => task.StepIndex));
        Assert.Equal([3, 2, 2, 1, 2], tasks.Select(task => task.MaxRetries));
        Assert.Equal([300, 200, 150, 100, 200], tasks.Select(task => task.EstimatedDuration));
        Assert.Equal(["", "0", "1", "2", "3"], tasks.Select(task => string.Join(',', task.Dependencies)));
        Assert.All(tasks, task => Assert.Equal((WorkflowTaskStatus.Pending, 0, "{}"), (task.Status, task.RetryCount, task.Result.GetRawText())));
        Assert.All(tasks, task => Assert.Equal((made.Id, null, null, null, null, null), (task.WorkflowId, task.CeleryTaskId, task.ErrorMessage, task.StartedAt, task.CompletedAt, task.ActualDuration)));
        Assert.Equal(5, tasks.Select(task => task.Id).Distinct().Count());
    }

    [Fact]
    public async Task Create_Refuses_AJobIdBelow1() =>
        Assert.Equal("job_id must be 1 or more", (await Assert.ThrowsAsync<WorkflowValidationException>(() => Orchestrator.CreateWorkflow(0, Spec))).Message);

    [Fact]
    public async Task Create_Refuses_ASpecThatIsWrong() =>
        Assert.Equal("Workflow must have at least one step", (await Assert.ThrowsAsync<WorkflowValidationException>(() => Orchestrator.CreateWorkflow(1, new WorkflowSpec("w", [])))).Message);

    [Fact]
    public async Task Create_Refuses_AFunctionThatTheApplicationDoesNotKnow()
    {
        var stranger = new WorkflowSpec("Stranger", [new WorkflowStep("one", "download", _ => Task.FromResult<object?>(null))]);
        var fault = await Assert.ThrowsAsync<WorkflowValidationException>(() => Orchestrator.CreateWorkflow(1, stranger));
        Assert.Equal("Step 0: its function is not known to this application; add the workflow with AddOrchestratedWorkflow when it starts, at every node", fault.Message);
    }

    [Fact]
    public async Task Get_FindsAWorkflowByItsIdAndByItsJob_NewestFirst()
    {
        var first = await Orchestrator.CreateWorkflow(7, Spec);
        var second = await Orchestrator.CreateWorkflow(7, Spec);

        Assert.Equal(first.Id, (await Orchestrator.GetWorkflow(first.Id))!.Id);
        Assert.Equal(second.Id, (await Orchestrator.GetWorkflowByJob(7))!.Id);
        Assert.Null(await Orchestrator.GetWorkflow(first.Id + 1));
        Assert.Null(await Orchestrator.GetWorkflowByJob(8));
        await Assert.ThrowsAsync<WorkflowNotFoundException>(() => Orchestrator.GetWorkflowProgress(5));
    }

    /// <summary>A correlation id is a word by which a job is found, too.</summary>
    [Fact]
    public async Task Get_IsNotMisled_ByAJobWhoseWordsReadLikeTheKey()
    {
        var made = await Orchestrator.CreateWorkflow(7, Spec);
        await Api.Register(Support.Workflows.Quick);
        await Api.Create($$$"""{"workflow":"quick","correlation_id":"job-orchestrator:{{{made.Id}}}","labels":{"contract":"job-orchestrator","job_id":"7"}}""");
        await Restart();
        Assert.Equal(made.Id, (await Orchestrator.GetWorkflow(made.Id))!.Id);
        Assert.Equal(made.Id, (await Orchestrator.GetWorkflowByJob(7))!.Id);
    }

    /// <summary>Only the contract's own spelling of a number makes a job a workflow. Callers cannot give such keys at all, so the job is made behind their doors.</summary>
    [Theory]
    [InlineData("job-orchestrator:007")]
    [InlineData("job-orchestrator:99999999999999999999")]
    [InlineData("job-orchestrator:")]
    public async Task Lists_LeaveOut_AJobWithAKeyThatIsNone(string key)
    {
        await Api.Register(Support.Workflows.Quick);
        var quick = (await Service.Engine.Store.FindRegistered("default", "quick", null))!;
        var labels = ImmutableSortedDictionary<string, string>.Empty.WithComparers(StringComparer.Ordinal).Add("contract", "job-orchestrator").Add("job_id", "7");
        var spec = new JobSpec { Workflow = new WorkflowReference(quick.Name, quick.Version, quick.Hash), IdempotencyKey = key, Labels = labels };
        var made = Assert.IsType<CommandReply.Done>(await Service.Engine.Gateway.Submit(spec, new Principal("ada")));
        await Service.Services.GetRequiredService<IDispatcherClient>().WhenEnded(made.JobId);
        Assert.Null(await Orchestrator.GetWorkflowByJob(7));
        Assert.Null(await Orchestrator.GetWorkflow(7));
    }

    [Fact]
    public async Task AHundredSteps_AreOneWorkflow()
    {
        var spec = new WorkflowSpec("Long", [.. Enumerable.Range(0, 100).Select(index => new WorkflowStep($"Step {index}", "download", "noop") { Dependencies = index == 0 ? [] : [index - 1], With = new { index } })]);
        var made = await Orchestrator.CreateWorkflow(1, spec);
        Assert.Equal((WorkflowStatus.Completed, 100), ((await Orchestrator.ExecuteWorkflow(made.Id)).Status, (await Orchestrator.GetTasks(made.Id)).Count));
    }

    [Fact]
    public async Task Get_FindsAWorkflow_AfterARestart()
    {
        var made = await Orchestrator.CreateWorkflow(7, Spec);
        await Restart();
        Assert.Equal(WorkflowStatus.Pending, (await Orchestrator.GetWorkflow(made.Id))!.Status);
        Assert.Equal(WorkflowStatus.Completed, (await Orchestrator.ExecuteWorkflow(made.Id)).Status);
    }

    [Fact]
    public async Task Execute_RunsAllStepsInTheirOrder_AndKeepsTheirResults()
    {
        var made = await Orchestrator.CreateWorkflow(1, Spec, new { source = "test" });
        var done = await Orchestrator.ExecuteWorkflow(made.Id);

        Assert.Equal((WorkflowStatus.Completed, 5, 100, null), (done.Status, done.CurrentStep, done.Progress, done.ErrorMessage));
        Assert.Equal(Spec.Steps.Select(step => step.Name), Script.Calls);
        Assert.NotNull(done.StartedAt);
        Assert.NotNull(done.CompletedAt);
        var tasks = await Orchestrator.GetTasks(made.Id);
        Assert.All(tasks, task => Assert.Equal(WorkflowTaskStatus.Completed, task.Status));
        Assert.All(tasks, task => Assert.NotNull(task.ActualDuration));
        Assert.Equal(tasks[4].CompletedAt, done.LastCheckpoint);
        // A step gets the results of its dependencies, and what the workflow was given.
        Assert.Equal("""{"by":"Download Images","got":{"job_id":1,"metadata":{"source":"test"},"results":[]}}""", tasks[0].Result.GetRawText());
        Assert.Equal("Download Images", tasks[1].Result.GetProperty("got").GetProperty("results")[0].GetProperty("by").GetString());
    }

    [Fact]
    public async Task Start_IsAllowedFromPendingOnly()
    {
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        Assert.Equal(WorkflowStatus.Running, (await Orchestrator.StartWorkflow(made.Id)).Status);
        await Orchestrator.ExecuteWorkflow(made.Id);
        var fault = await Assert.ThrowsAsync<WorkflowValidationException>(() => Orchestrator.StartWorkflow(made.Id));
        Assert.Equal("Cannot start workflow in completed state", fault.Message);
    }

    [Fact]
    public async Task AttemptsAndDelays_AreMaxRetriesPlus1_And1248Seconds()
    {
        await Orchestrator.CreateWorkflow(1, Spec);
        var policies = await PlanOf(1);
        Assert.Equal([4, 3, 3, 2, 3], policies.Take(5).Select(step => step.Retry.MaxAttempts));
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512], Enumerable.Range(1, 10).Select(attempt => policies[0].Retry.DelayAfter(attempt, new Failure(ErrorClass.Transient, "x"), 1).TotalSeconds));
    }

    [Fact]
    public async Task ATask_IsTriedAgain_AndKeepsItsRetryCountAfterSuccess()
    {
        var attempts = 0;
        Script.Does["Validate Images"] = _ => ++attempts < 2 ? throw new InvalidOperationException("the disk is away") : Task.FromResult<object?>(new { valid = 950 });
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        var done = await Orchestrator.ExecuteWorkflow(made.Id);

        var task = (await Orchestrator.GetTasks(made.Id))[1];
        Assert.Equal((WorkflowStatus.Completed, WorkflowTaskStatus.Completed, 1, """{"valid":950}"""), (done.Status, task.Status, task.RetryCount, task.Result.GetRawText()));
    }

    [Fact]
    public async Task ATask_IsRetrying_BetweenTwoAttempts()
    {
        Script.Does["Download Images"] = _ => throw new InvalidOperationException("no route");
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        await Orchestrator.StartWorkflow(made.Id);
        var task = await UntilTask(made.Id, 0, task => task.Status == WorkflowTaskStatus.Retrying);
        Assert.Equal("no route", task.ErrorMessage);
        Assert.InRange(task.RetryCount, 1, 3);
        await Orchestrator.CancelWorkflow(made.Id);
    }

    [Fact]
    public async Task AFailure_EndsTheWorkflow_WithTheContractsText()
    {
        Script.Does["Deduplicate Images"] = _ => throw new InvalidOperationException("two are one");
        var made = await Orchestrator.CreateWorkflow(1, Quick);
        var done = await Orchestrator.ExecuteWorkflow(made.Id);

        Assert.Equal((WorkflowStatus.Failed, "Task Deduplicate Images failed after 1 attempts: two are one"), (done.Status, done.ErrorMessage));
        Assert.Equal((2, 40), (done.CurrentStep, done.Progress));
        Assert.Equal(
            [WorkflowTaskStatus.Completed, WorkflowTaskStatus.Completed, WorkflowTaskStatus.Failed, WorkflowTaskStatus.Pending, WorkflowTaskStatus.Pending],
            (await Orchestrator.GetTasks(made.Id)).Select(task => task.Status));
    }

    [Fact]
    public async Task ATimeout_ReadsAsTheContractSays_AndCountsAsAFailure()
    {
        Script.Does["Slow"] = async context =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.Cancellation);
            return null;
        };
        var made = await Orchestrator.CreateWorkflow(1, Timed);
        var done = await Orchestrator.ExecuteWorkflow(made.Id);
        Assert.Equal((WorkflowStatus.Failed, "Task Slow failed after 1 attempts: Task timeout after 0.05s"), (done.Status, done.ErrorMessage));
        Assert.Equal("Task timeout after 0.05s", (await Orchestrator.GetTasks(made.Id))[0].ErrorMessage);
    }

    [Fact]
    public async Task AfterEachStep_CurrentStepProgressAndCheckpointMove()
    {
        var gate = new Gate(Script, "Validate Images");
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        await Orchestrator.StartWorkflow(made.Id);
        await gate.Entered;

        var state = (await Orchestrator.GetWorkflow(made.Id))!;
        Assert.Equal((WorkflowStatus.Running, 1, 20), (state.Status, state.CurrentStep, state.Progress));
        Assert.Equal((await Orchestrator.GetTasks(made.Id))[0].CompletedAt, state.LastCheckpoint);
        gate.Open();
        Assert.Equal(100, (await Orchestrator.ExecuteWorkflow(made.Id)).Progress);
    }

    [Fact]
    public async Task Progress_HasTheFieldsOfTheReply()
    {
        var gate = new Gate(Script, "Label Images");
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        await Orchestrator.StartWorkflow(made.Id);
        await gate.Entered;

        var progress = await Orchestrator.GetWorkflowProgress(made.Id);
        Assert.Equal((made.Id, 1, WorkflowStatus.Running, 60, 3, 5), (progress.WorkflowId, progress.JobId, progress.Status, progress.Progress, progress.CurrentStep, progress.TotalSteps));
        Assert.Equal((3, 0, 1, 5), (progress.CompletedTasks, progress.FailedTasks, progress.RunningTasks, progress.TotalTasks));
        Assert.Equal((0, 3), (progress.RecoveryAttempts, progress.MaxRecoveryAttempts));
        Assert.NotNull(progress.StartedAt);
        Assert.Null(progress.CompletedAt);
        Assert.Equal(("Label Images", "label", WorkflowTaskStatus.Running, 0, null), (progress.Tasks[3].Name, progress.Tasks[3].Type, progress.Tasks[3].Status, progress.Tasks[3].RetryCount, progress.Tasks[3].ErrorMessage));
        gate.Open();
        await Orchestrator.ExecuteWorkflow(made.Id);
    }

    [Fact]
    public async Task Queries_TellActiveAndFailedWorkflowsApart()
    {
        var gate = new Gate(Script, "Validate Images");
        var running = await Orchestrator.CreateWorkflow(1, Spec);
        await Orchestrator.StartWorkflow(running.Id);
        await gate.Entered;
        await Orchestrator.CreateWorkflow(2, Spec);
        Assert.Equal(running.Id, Assert.Single(await Orchestrator.GetActiveWorkflows()).Id);
        Assert.Empty(await Orchestrator.GetFailedWorkflows());
        gate.Open();
        await Orchestrator.ExecuteWorkflow(running.Id);
        Assert.Empty(await Orchestrator.GetActiveWorkflows());
    }

    [Fact]
    public async Task RetryableTasks_AreFailedOnesWithRetriesLeft()
    {
        Script.Does["Download Images"] = _ => throw new StepFailedException(ErrorClass.Permanent, "never");
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        await Orchestrator.ExecuteWorkflow(made.Id);
        Assert.Equal("Download Images", Assert.Single(await Orchestrator.GetRetryableTasks(made.Id)).TaskName);
    }

    [Fact]
    public async Task AnExternalTask_IsQueuedUntilAWorkerHasIt_AndThenNamesItsLease()
    {
        var spec = new WorkflowSpec("External", [new WorkflowStep("Label", "label", "worker") { With = new { queue = "labels", task = "label" } }]);
        var made = await Orchestrator.CreateWorkflow(1, spec);
        await Orchestrator.StartWorkflow(made.Id);
        await UntilTask(made.Id, 0, task => task.Status == WorkflowTaskStatus.Queued);
        var lease = await Api.Post("/workers/lease", """{"worker":"celery-1","queues":["labels"]}""");
        var key = lease.Text("leases.0.lease");

        var task = (await Orchestrator.GetTasks(made.Id))[0];
        Assert.Equal((WorkflowTaskStatus.Running, key), (task.Status, task.CeleryTaskId));
        Assert.Equal(task.Id, (await Orchestrator.GetTaskByCeleryTaskId(key))!.Id);
        await Orchestrator.CancelWorkflow(made.Id);
        Assert.Null(await Orchestrator.GetTaskByCeleryTaskId(key));
    }

    [Fact]
    public async Task AnotherTenantsWorkflow_IsNotThere()
    {
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        var other = Orchestrator.ForTenant("other");
        Assert.Null(await other.GetWorkflow(made.Id));
        Assert.Null(await other.GetWorkflowByJob(1));
        Assert.Empty(await other.GetActiveWorkflows());
        await Assert.ThrowsAsync<WorkflowNotFoundException>(() => other.StartWorkflow(made.Id));
    }

    [Fact]
    public async Task Ids_AreUnique_WhenAHundredAreMadeAtOnce()
    {
        var made = await Task.WhenAll(Enumerable.Range(1, 100).Select(job => Orchestrator.CreateWorkflow(job, Spec)));
        Assert.Equal(100, made.Select(workflow => workflow.Id).Distinct().Count());
        Assert.Equal(500, (await Task.WhenAll(made.Select(workflow => Orchestrator.GetTasks(workflow.Id)))).SelectMany(tasks => tasks).Select(task => task.Id).Distinct().Count());
    }
}
