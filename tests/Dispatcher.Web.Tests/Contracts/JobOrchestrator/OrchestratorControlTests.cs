using Dispatcher.Web.Contracts.JobOrchestrator;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.JobOrchestrator;

/// <summary>Pause, cancel and recover, row by row as contracts.md, section 2, has them.</summary>
public sealed class OrchestratorControlTests : OrchestratorTest
{
    [Fact]
    public async Task Pause_TakesEffectAtTheNextStepBoundary_AndRecoverResumesWithoutAnAttempt()
    {
        var gate = new Gate(Script, "Validate Images");
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        await Orchestrator.StartWorkflow(made.Id);
        await gate.Entered;

        Assert.Equal(WorkflowStatus.Paused, (await Orchestrator.PauseWorkflow(made.Id)).Status);
        gate.Open();
        await UntilTask(made.Id, 1, task => task.Status == WorkflowTaskStatus.Completed);
        Assert.Equal((WorkflowStatus.Paused, WorkflowTaskStatus.Pending), ((await Orchestrator.GetWorkflow(made.Id))!.Status, (await Orchestrator.GetTasks(made.Id))[2].Status));
        // Nobody might ever resume it.
        await Refused("Cannot execute workflow in paused state", () => Orchestrator.ExecuteWorkflow(made.Id));
        var resumed = await Orchestrator.RecoverWorkflow(made.Id, 2);
        Assert.Equal((WorkflowStatus.Running, 0), (resumed.Status, resumed.RecoveryAttempts));
        Assert.Equal(WorkflowStatus.Completed, (await Orchestrator.ExecuteWorkflow(made.Id)).Status);
    }

    [Fact]
    public async Task Cancel_AsksTheRunningStepToStop_AndCancelsTheRest()
    {
        var gate = new Gate(Script, "Validate Images");
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        await Orchestrator.StartWorkflow(made.Id);
        await gate.Entered;

        var cancelled = await Orchestrator.CancelWorkflow(made.Id);
        Assert.Equal(WorkflowStatus.Cancelled, cancelled.Status);
        Assert.NotNull(cancelled.CompletedAt);
        await gate.Stopped;
        Assert.Equal(
            [WorkflowTaskStatus.Completed, WorkflowTaskStatus.Cancelled, WorkflowTaskStatus.Cancelled, WorkflowTaskStatus.Cancelled, WorkflowTaskStatus.Cancelled],
            (await Orchestrator.GetTasks(made.Id)).Select(task => task.Status));
    }

    [Fact]
    public async Task Recover_RestartsFromAStep_AndKeepsEarlierResults()
    {
        var broken = true;
        Script.Does["Deduplicate Images"] = _ => broken ? throw new InvalidOperationException("two are one") : Task.FromResult<object?>(new { deduplicated = 50 });
        var made = await Orchestrator.CreateWorkflow(1, Quick);
        await Orchestrator.ExecuteWorkflow(made.Id);
        broken = false;

        var recovering = await Orchestrator.RecoverWorkflow(made.Id, 1, "the rule is mended");
        Assert.Equal((WorkflowStatus.Recovering, 1, 1, 20, null), (recovering.Status, recovering.RecoveryAttempts, recovering.CurrentStep, recovering.Progress, recovering.ErrorMessage));
        var done = await Ended(made.Id);
        Assert.Equal((WorkflowStatus.Completed, 5, 100, 1), (done.Status, done.CurrentStep, done.Progress, done.RecoveryAttempts));
        Assert.Equal(1, Script.Calls.Count(call => call == "Download Images"));
        Assert.Equal(2, Script.Calls.Count(call => call == "Validate Images"));
        Assert.All(await Orchestrator.GetTasks(made.Id), task => Assert.Equal((WorkflowTaskStatus.Completed, 0), (task.Status, task.RetryCount)));
    }

    [Fact]
    public async Task Recover_FromTooLateAStep_SkipsWhatDependsOnTheFailedOne_AndDoesNotComplete()
    {
        Script.Does["Validate Images"] = _ => throw new InvalidOperationException("none is valid");
        var made = await Orchestrator.CreateWorkflow(1, Quick);
        await Orchestrator.ExecuteWorkflow(made.Id);

        await Orchestrator.RecoverWorkflow(made.Id, 3);
        var done = await Ended(made.Id);

        Assert.Equal((WorkflowStatus.Failed, 1), (done.Status, done.RecoveryAttempts));
        var tasks = await Orchestrator.GetTasks(made.Id);
        Assert.Equal((WorkflowTaskStatus.Skipped, WorkflowTaskStatus.Skipped), (tasks[3].Status, tasks[4].Status));
        Assert.Contains("was skipped", done.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(1, Script.Calls.Count(call => call == "Validate Images"));
        Assert.DoesNotContain("Label Images", Script.Calls);
    }

    [Fact]
    public async Task Recover_IsRefused_WhenTheAttemptsAreUsedUp()
    {
        Script.Does["Download Images"] = _ => throw new InvalidOperationException("no route");
        var made = await Orchestrator.CreateWorkflow(1, Quick with { MaxRecoveryAttempts = 1 });
        await Orchestrator.ExecuteWorkflow(made.Id);
        Assert.Single(await Orchestrator.GetRecoverableWorkflows());
        await Orchestrator.RecoverWorkflow(made.Id, 0);
        await Ended(made.Id);

        Assert.Equal("Maximum recovery attempts (1) reached", (await Assert.ThrowsAsync<WorkflowValidationException>(() => Orchestrator.RecoverWorkflow(made.Id, 0))).Message);
        Assert.Empty(await Orchestrator.GetRecoverableWorkflows());
        Assert.Equal(made.Id, Assert.Single(await Orchestrator.GetFailedWorkflows()).Id);
    }

    [Fact]
    public async Task Recoverable_AreLookedForBehindThoseThatAreNot()
    {
        Script.Does["Download Images"] = _ => throw new InvalidOperationException("no route");
        var older = await Orchestrator.CreateWorkflow(1, Quick);
        await Orchestrator.ExecuteWorkflow(older.Id);
        var newer = await Orchestrator.CreateWorkflow(2, Quick with { MaxRecoveryAttempts = 1 });
        await Orchestrator.ExecuteWorkflow(newer.Id);
        await Orchestrator.RecoverWorkflow(newer.Id, 0);
        await Ended(newer.Id);

        Assert.Equal(newer.Id, Assert.Single(await Orchestrator.GetFailedWorkflows(1)).Id);
        Assert.Equal(older.Id, Assert.Single(await Orchestrator.GetRecoverableWorkflows(1)).Id);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public async Task Recover_IsRefused_ForAStepOutOfRange(int step)
    {
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        Assert.Equal($"from_step must be 0 to 4, not {step}", (await Assert.ThrowsAsync<WorkflowValidationException>(() => Orchestrator.RecoverWorkflow(made.Id, step))).Message);
    }

    [Fact]
    public async Task WrongMoves_AreRefused_NamingTheState()
    {
        var made = await Orchestrator.CreateWorkflow(1, Spec);
        await Refused("Cannot pause workflow in pending state", () => Orchestrator.PauseWorkflow(made.Id));
        await Refused("Cannot recover workflow in pending state", () => Orchestrator.RecoverWorkflow(made.Id, 0));
        await Orchestrator.ExecuteWorkflow(made.Id);
        await Refused("Cannot start workflow in completed state", () => Orchestrator.StartWorkflow(made.Id));
        await Refused("Cannot execute workflow in completed state", () => Orchestrator.ExecuteWorkflow(made.Id));
        await Refused("Cannot pause workflow in completed state", () => Orchestrator.PauseWorkflow(made.Id));
        await Refused("Cannot cancel workflow in completed state", () => Orchestrator.CancelWorkflow(made.Id));
        await Refused("Cannot recover workflow in completed state", () => Orchestrator.RecoverWorkflow(made.Id, 0));
        var other = await Orchestrator.CreateWorkflow(1, Spec);
        await Orchestrator.CancelWorkflow(other.Id);
        await Refused("Cannot recover workflow in cancelled state", () => Orchestrator.RecoverWorkflow(other.Id, 0));
        await Refused("Cannot start workflow in cancelled state", () => Orchestrator.StartWorkflow(other.Id));
    }
}
