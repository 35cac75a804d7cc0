using System.Text.Json;
using System.Threading.Channels;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Handlers;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;
using static Dispatcher.Actors.Tests.JobActors.MemoryNode;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>Attempts that are worked on outside the process, and survive it.</summary>
public sealed class ExternalStepTests
{
    private static readonly StepKey A = new("a");

    private readonly Outside _outside = new();
    private readonly MemoryNode _node;

    public ExternalStepTests() => _node = new MemoryNode(
        new NodeOptions { DrainTimeout = TimeSpan.FromHours(1), StageLimits = stage => new StageLimits { MaxConcurrency = stage == "narrow" ? 1 : 100 } }, _outside);

    [Fact]
    public void AnAttempt_SurvivesTheProcess_WithItsLease()
    {
        var id = Run();
        var token = _node.Do(async () => await _outside.Attempt.Context.RecordLease("w1"));
        Assert.Null(_outside.Attempt.Context.Lease);
        Assert.Equal(new StepLease("w1", token), _node.StateOf(id).Step("a").Lease);
        _node.Restart();
        Assert.Equal((1, new StepLease("w1", token)), (_outside.Attempt.Context.Attempt, _outside.Attempt.Context.Lease));
        Assert.Equal(1, _node.EventsOf(id).Count(name => name == "step.started"));
        var later = _node.Do(async () => await _outside.Attempt.Context.RecordLease("w2"));
        Assert.True(later > token);
        Answer("done");
        Assert.Equal((JobStatus.Completed, 1), (_node.StateOf(id).Status, _node.StateOf(id).Step("a").Attempt));
    }

    [Fact]
    public void ALostWorker_CountsAsAnAttempt()
    {
        var id = Run();
        _outside.Attempt.End.SetException(new StepFailedException(ErrorClass.WorkerLost, "the worker is silent", "LEASE_LOST"));
        _node.Settle();
        Assert.Equal(2, _outside.Attempt.Context.Attempt);
        Answer("second");
        Assert.Equal((JobStatus.Completed, 2), (_node.StateOf(id).Status, _node.StateOf(id).Step("a").Attempt));
    }

    /// <summary>On real threads: were it waited for, this would take an hour.</summary>
    [Fact]
    public async Task AStop_DoesNotWaitForIt_AndRecordsNothing()
    {
        var (disk, workflow) = (new SimulatedDisk(), WorkflowDefinition.Parse("name: test\nversion: 1\nsteps: [ { id: a, uses: test.outside } ]"));
        await using (var first = Open(disk))
        {
            await first.Workflows.Register(workflow);
            await first.Gateway.Submit(new JobSpec { Workflow = workflow.Reference }, Ada);
            var given = await _outside.Given.ReadAsync();
            var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = given.Context.Cancellation.Register(cancelled.SetResult);
            await first.Stop();
            await cancelled.Task;
            Assert.Equal(["job.created", "job.started", "step.started"], disk.Journal.Select(entry => entry.Event.Type));
        }

        await using var second = Open(disk);
        await second.Start();
        Assert.Equal(1, (await _outside.Given.ReadAsync()).Context.Attempt);
    }

    [Fact]
    public void ItsPlace_IsTakenAgain_EvenOverTheCap()
    {
        var spec = _node.Register("steps: [ { id: a, uses: test.outside, stage: narrow } ]");
        var first = _node.Accept(spec);
        var second = _node.Accept(spec);
        Assert.Equal(StepStatus.Queued, _node.StateOf(second).Step("a").Status);
        _node.Restart();
        Assert.Equal((1, 1), (_node.Node.Admission.StageOf("narrow").Statistics.Running, _node.Node.Admission.StageOf("narrow").Statistics.Waiting));
        Answer("first");
        Assert.Equal((JobStatus.Completed, StepStatus.Running), (_node.StateOf(first).Status, _node.StateOf(second).Step("a").Status));
    }

    [Fact]
    public void TheStepsTimeout_CountsFromItsStart_AlsoAfterARestart()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: test.outside, timeout: 10m, retry: { max_attempts: 1 } } ]"));
        _node.Advance(TimeSpan.FromMinutes(6));
        _node.Restart();
        _node.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(JobStatus.Running, _node.Disk.Row(id)!.Status);
        _node.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((JobStatus.Failed, "TIMEOUT"), (_node.StateOf(id).Status, _node.StateOf(id).Failure!.Code));
    }

    [Fact]
    public void ACommandThatEndsTheAttempt_CancelsTheHandler_AndFreesThePlace()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: test.outside, stage: narrow } ]"));
        var leased = _node.Give(id, new JobCommand.LeaseStep(A, 1, "w1", _node.Now));
        Assert.Equal(leased.SequenceNr, leased.State.Step("a").Lease!.Token);
        Assert.Equal(JobStatus.Completed, _node.Give(id, new JobCommand.CompleteStep(A, 1, JsonSerializer.SerializeToElement(1), [], _node.Now)).Status);
        Assert.True(_outside.Attempt.Context.Cancellation.IsCancellationRequested);
        Assert.Equal((0, 0), (_node.Node.ExternalSteps, _node.Node.Admission.StageOf("narrow").Statistics.Running));
        Assert.False(_node.Give(id, new JobCommand.CompleteStep(A, 1, null, [], _node.Now)).Changed);
    }

    [Fact]
    public void ALateLease_IsRefused()
    {
        var id = Run();
        var context = _outside.Attempt.Context;
        Answer("done");
        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
        Assert.Throws<OperationCanceledException>(() => _node.Do(async () => await context.RecordLease("late")));
    }

    [Fact]
    public void APausedJobsAttempt_IsTakenUpToo()
    {
        var id = Run();
        _node.Give(id, new JobCommand.Pause(Ada, null, _node.Now));
        _node.Restart();
        Answer("while paused");
        Assert.Equal((JobStatus.Paused, StepStatus.Completed), (_node.StateOf(id).Status, _node.StateOf(id).Step("a").Status));
    }

    private DispatcherNode Open(SimulatedDisk disk) => new(
        new NodeEdges { Store = new SimulatedJobStore(disk), Handlers = new HandlerRegistry([_outside]), Artifacts = new NoArtifacts(), Logger = NullLogger.Instance },
        new NodeOptions { DrainTimeout = TimeSpan.FromHours(1), AbandonAfter = TimeSpan.FromHours(1) });

    private JobId Run() => _node.Accept(_node.Register("steps: [ { id: a, uses: test.outside } ]"));

    private void Answer(string output)
    {
        _outside.Attempt.End.SetResult(new StepResult.Completed(JsonSerializer.SerializeToElement(output), []));
        _node.Settle();
    }

    /// <summary>Holds each attempt until the test answers it, whatever process asks.</summary>
    private sealed class Outside : IExternalStepHandler
    {
        private readonly Channel<(StepContext Context, TaskCompletionSource<StepResult> End)> _given = Channel.CreateUnbounded<(StepContext, TaskCompletionSource<StepResult>)>();

        /// <summary>Every attempt that was given.</summary>
        public ChannelReader<(StepContext Context, TaskCompletionSource<StepResult> End)> Given => _given.Reader;

        /// <summary>The attempt that was given last.</summary>
        public (StepContext Context, TaskCompletionSource<StepResult> End) Attempt { get; private set; }

        public string Name => "test.outside";

        public JsonSchema? With => null;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            var end = new TaskCompletionSource<StepResult>();
            Attempt = (context, end);
            _given.Writer.TryWrite(Attempt);
            return await end.Task.WaitAsync(context.Cancellation);
        }
    }
}
