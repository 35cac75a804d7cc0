using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Store;
using Dispatcher.Workflows;
using static Dispatcher.Actors.Tests.JobActors.MemoryNode;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>What a start does with what the last process left.</summary>
public sealed class RecoveryTests
{
    private readonly Hanging _hanging = new();
    private readonly MemoryNode _node;

    public RecoveryTests() => _node = new MemoryNode(new NodeOptions { RecoveryLimitJobs = 3, PassivateIfIdleFor = TimeSpan.Zero }, _hanging);

    [Fact]
    public void AStart_LoadsOnlySoManyJobsAtOnce()
    {
        var spec = _node.Register("steps: [ { id: a, uses: test.hang } ]");
        for (var i = 0; i < 10; i++) _node.Accept(spec);
        _node.StoreCalls.Clear();
        _node.Restart();
        Assert.Equal((10, true), (_node.Node.Recovered, _node.Node.IsRecovered));
        // The clock reads once too, and finds nothing.
        var calls = _node.StoreCalls.Where(call => !call.StartsWith("appended", StringComparison.Ordinal)).Select(call => call.Split(' ')[0].TrimEnd(',')).ToList();
        Assert.Equal((10, 5), (calls.Count(call => call == "append"), calls.Count(call => call == "due")));
        var atOnce = string.Join(' ', calls).Split("due").Select(between => between.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.All(atOnce, jobs => Assert.InRange(jobs, 0, 3));
    }

    [Fact]
    public void NewJobs_AreTaken_WhileTheRecoveryGoesOn()
    {
        var spec = _node.Register("steps: [ { id: a, uses: test.hang } ]");
        for (var i = 0; i < 7; i++) _node.Accept(spec);
        var broken = Broken();
        _ = _node.BeginRestart();
        Assert.False(_node.Node.IsRecovered);
        Assert.IsType<CommandReply.Done>(_node.Submit(spec));
        // The page with the job whose actor fails again and again waits for it, and not for ever.
        Assert.False(_node.Node.IsRecovered);
        _node.Advance(TimeSpan.FromSeconds(11));
        Assert.True(_node.Node.IsRecovered);
        Assert.InRange(_node.Node.Recovered, 8, 9);
        Assert.NotNull(_node.Disk.Row(broken));
    }

    /// <summary>A node is not to stand still for longer than its store did, however often it has asked in vain.</summary>
    [Fact]
    public void TheRecovery_GoesOn_WithinASecond_WhenTheStoreCanBeReadAgain()
    {
        _node.Accept(_node.Register("steps: [ { id: a, uses: test.hang } ]"));
        _node.CannotReadDue = true;
        _ = _node.BeginRestart();
        _node.Settle();
        _node.Advance(TimeSpan.FromSeconds(3.5));
        Assert.False(_node.Node.IsRecovered);

        _node.CannotReadDue = false;
        _node.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((1, true), (_node.Node.Recovered, _node.Node.IsRecovered));
    }

    [Fact]
    public void SleepingJobs_AreWoken_WithinASecond_WhenTheStoreCanBeReadAgain()
    {
        var job = _node.Accept(_node.Register("steps: [ { id: a, uses: delay, with: { duration: 10s } } ]"));
        _node.Advance(TimeSpan.FromSeconds(9));
        _node.CannotReadDue = true;
        _node.Advance(TimeSpan.FromSeconds(4.5));
        Assert.Equal(JobStatus.Running, _node.Disk.Row(job)!.Status);

        _node.CannotReadDue = false;
        _node.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(JobStatus.Completed, _node.Disk.Row(job)!.Status);
    }

    [Fact]
    public void AStop_EndsTheRecovery()
    {
        Broken();
        var started = _node.BeginRestart();
        _node.Settle();
        Assert.False(started.IsCompleted);
        _node.BeginStop();
        Assert.True(started.IsCompleted);
    }

    [Theory]
    [InlineData("job.created", JobStatus.Queued)]
    [InlineData("job.created job.approved", JobStatus.Approved)]
    [InlineData("job.created job.approved job.queued", JobStatus.Queued)]
    public void AJob_GoesOnFromWhereItWasLeft(string events, JobStatus status)
    {
        var id = Left(events, status, approval: events.Contains("approved", StringComparison.Ordinal));
        _node.Restart();
        Assert.Equal(JobStatus.Completed, _node.Disk.Row(id)!.Status);
    }

    [Fact]
    public void AScheduledJob_WhoseTimeCameMeanwhile_GoesOn()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: noop } ]") with { StartAt = _node.Now.AddHours(1) });
        var sleeping = _node.Accept(_node.Register("steps: [ { id: a, uses: noop } ]") with { StartAt = _node.Now.AddHours(9) });
        _node.Time.Advance(TimeSpan.FromHours(2));
        _node.Restart();
        Assert.Equal((JobStatus.Completed, JobStatus.Scheduled, 1), (_node.Disk.Row(id)!.Status, _node.Disk.Row(sleeping)!.Status, _node.Node.Recovered));
        _node.Advance(TimeSpan.FromHours(8));
        Assert.Equal(JobStatus.Completed, _node.Disk.Row(sleeping)!.Status);
    }

    [Fact]
    public void AJobWithoutItsHandler_IsParkedInItsRow_UntilTheHandlerIsBack()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: test.hang } ]"));
        Assert.Null(_node.Disk.Row(id)!.WaitsFor);
        _node.RestartWith();
        Assert.Equal(JobRow.ParkedForHandler, _node.Disk.Row(id)!.WaitsFor);
        var why = _node.Do(() => _node.Gateway.Explain(id))!;
        Assert.Equal("handler", why.Reason);
        Assert.Contains("test.hang", why.Sentence, StringComparison.Ordinal);
        // Also when nothing else is written: the lost attempt was before.
        _node.RestartWith();
        Assert.Equal(JobRow.ParkedForHandler, _node.Disk.Row(id)!.WaitsFor);
        _node.RestartWith(_hanging);
        Assert.Equal((JobStatus.Running, null), (_node.Disk.Row(id)!.Status, _node.Disk.Row(id)!.WaitsFor));
        _node.Give(id, new JobCommand.Cancel(Ada, null, _node.Now));
        Assert.Equal((JobStatus.Cancelled, null), (_node.Disk.Row(id)!.Status, _node.Disk.Row(id)!.WaitsFor));
    }

    [Fact]
    public void AParkedJobThatIsCancelled_IsNotParkedAnyMore()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: test.hang } ]"));
        _node.RestartWith();
        _node.Give(id, new JobCommand.Cancel(Ada, null, _node.Now));
        Assert.Equal((JobStatus.Cancelled, null), (_node.Disk.Row(id)!.Status, _node.Disk.Row(id)!.WaitsFor));
    }

    [Fact]
    public void AJobThatCannotBeRead_IsParkedInItsRow()
    {
        var id = Left("job.created job.of-the-future", JobStatus.Queued, approval: false);
        _node.Restart();
        Assert.Equal((JobRow.ParkedForVersion, JobStatus.Queued), (_node.Disk.Row(id)!.WaitsFor, _node.Disk.Row(id)!.Status));
        Assert.Contains("job.of-the-future", _node.Do(() => _node.Gateway.Explain(id))!.Sentence, StringComparison.Ordinal);
        Assert.Null(_node.Do(() => _node.Gateway.Explain(id, "other")));
    }

    /// <summary>A job whose actor fails whenever it is loaded: it says that it waits for jobs, and names none.</summary>
    private JobId Broken() => Left("job.created job.waiting", JobStatus.Waiting, approval: false);

    /// <summary>A job as a process may have left it that died at just this place.</summary>
    private JobId Left(string events, JobStatus status, bool approval)
    {
        var spec = _node.Register($"{(approval ? "approval: required\n" : "")}steps: [ {{ id: a, uses: noop }} ]");
        var id = _node.Gateway.NextJobId();
        var stored = events.Split(' ').Select(name => new EncodedEvent(name, _node.Now, name switch
        {
            "job.created" => EventCodec.Encode(new JobEvent.Submitted(id, spec, Ada, _node.Now)),
            "job.approved" => EventCodec.Encode(new JobEvent.Approved(Ada, null, _node.Now)),
            _ => "{}"u8.ToArray(),
        })).ToList();
        var row = new JobRow
        {
            Id = id,
            Tenant = spec.Tenant,
            WorkflowName = spec.Workflow.Name,
            WorkflowVersion = 1,
            Status = status,
            Priority = 0,
            CreatedAt = _node.Now,
            UpdatedAt = _node.Now,
            WakeAt = JobRow.Active,
        };
        Assert.IsType<AppendResult.Appended>(_node.Do(async () => await _node.Store.Append(new AppendRequest(id, 0, stored) { Row = row })));
        return id;
    }

    /// <summary>Runs until it is cancelled.</summary>
    private sealed class Hanging : IStepHandler
    {
        public string Name => "test.hang";

        public JsonSchema? With => null;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, context.Cancellation);
            return StepResult.Completed.Empty;
        }
    }
}
