using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.JobActors.MemoryNode;

namespace Dispatcher.Actors.Tests.JobActors;

public sealed class DependencyTests
{
    private readonly MemoryNode _node = new(new NodeOptions { PassivateIfIdleFor = TimeSpan.Zero });

    [Fact]
    public void AJob_WaitsWithoutMemory_AndGoesOnWhenTheLastDependencyCompletes()
    {
        var (first, second) = (Held(), Held());
        var after = Dependent(first, second);
        Assert.Equal((JobStatus.Waiting, "dependencies", (DateTimeOffset?)null), (Row(after).Status, Row(after).WaitsFor, Row(after).WakeAt));
        Assert.Equal(0, _node.Node.ResidentJobs);
        Finish(first);
        Assert.Equal((JobStatus.Waiting, (DateTimeOffset?)null), (Row(after).Status, Row(after).WakeAt));
        Finish(second);
        Assert.Equal(JobStatus.Completed, Row(after).Status);
    }

    [Fact]
    public void ADependencyThatHasEndedBefore_IsResolvedAtOnce()
    {
        var first = Held();
        Finish(first);
        Assert.Equal(JobStatus.Completed, Row(Dependent(first)).Status);
    }

    [Theory]
    [InlineData(null, JobStatus.Failed)]
    [InlineData(DependencyPolicy.Fail, JobStatus.Failed)]
    [InlineData(DependencyPolicy.Run, JobStatus.Completed)]
    [InlineData(DependencyPolicy.Skip, JobStatus.Cancelled)]
    public void ADependencyThatDoesNotComplete_IsMetByThePolicy(DependencyPolicy? policy, JobStatus end)
    {
        var first = Held();
        var after = _node.Accept(Work() with { DependsOn = [first], OnDependencyFailure = policy });
        _node.Give(first, new JobCommand.Cancel(Ada, "no", _node.Now));
        Assert.Equal(end, Row(after).Status);
    }

    [Fact]
    public void Submit_IsRefused_WhenADependencyIsNotThere_OrIsAnotherTenants()
    {
        var other = Held("b");
        foreach (var missing in new[] { _node.Gateway.NextJobId(), other })
        {
            var refused = Assert.IsType<CommandReply.Refused>(_node.Submit(Work() with { Tenant = "a", DependsOn = [Held("a"), missing] }));
            Assert.Equal(("unknown-dependency", $"The job depends on {missing}, and there is no such job."), (refused.Rejection.Code, refused.Rejection.Message));
        }
    }

    [Fact]
    public void AnEndThatChangesNothing_IsConsumed_AndTheJobSleepsOn()
    {
        var first = Failing();
        var after = _node.Accept(Work() with { DependsOn = [first], OnDependencyFailure = DependencyPolicy.Run, StartAt = _node.Now.AddHours(1) });
        var resolved = _node.EventsOf(after).Count();
        _node.Give(first, new JobCommand.Recover("a", Ada, null, _node.Now));
        Assert.Equal(JobStatus.Failed, Row(first).Status);
        Assert.Empty(_node.Disk.Inbox(after));
        Assert.Equal((resolved, _node.Now.AddHours(1)), (_node.EventsOf(after).Count(), Row(after).WakeAt!.Value));
    }

    [Fact]
    public void MailThatNobodyTook_IsTakenByTheNextProcess()
    {
        var first = Held();
        var after = Dependent(first);
        var row = _node.Disk.Row(first)!;
        var events = _node.Disk.Events(first, 0, 100);
        // Written by the store alone, as if the process had died right after the commit.
        var end = new AppendRequest(first, events.Count, [new EncodedEvent("job.cancelled", _node.Now, EventCodec.Encode(new JobEvent.Cancelled(Ada, null, _node.Now)))])
        {
            StatusBefore = row.Status,
            Row = row with { Status = JobStatus.Cancelled, WakeAt = null, WaitsFor = null },
        };
        Assert.Equal([after], Assert.IsType<AppendResult.Appended>(_node.Do(async () => await _node.Store.Append(end))).Woken);
        Assert.Equal(JobStatus.Waiting, Row(after).Status);
        _node.Restart();
        Assert.Equal(JobStatus.Failed, Row(after).Status);
    }

    private JobSpec Work() => _node.Register("steps: [ { id: a, uses: noop } ]");

    private JobId Held(string tenant = "default") => _node.Accept(_node.Register("approval: required\nsteps: [ { id: a, uses: noop } ]") with { Tenant = tenant });

    private JobId Failing() => _node.Accept(_node.Register("steps: [ { id: a, uses: fail, with: { class: permanent } } ]"));

    private JobId Dependent(params JobId[] jobs) => _node.Accept(Work() with { DependsOn = [.. jobs] });

    private void Finish(JobId held)
    {
        _node.Give(held, new JobCommand.Approve(Ada, null, _node.Now));
        Assert.Equal(JobStatus.Completed, Row(held).Status);
    }

    private JobRow Row(JobId id) => _node.Disk.Row(id)!;
}
