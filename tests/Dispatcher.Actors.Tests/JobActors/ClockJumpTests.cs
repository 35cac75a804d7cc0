using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>Somebody sets the machine's clock back or forward while jobs wait.</summary>
public sealed class ClockJumpTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly MemoryNode _node = new();

    [Fact]
    public void ARetry_ComesInTime_WhenTheClockGoesBackAnHour()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: fail, with: { until_attempt: 2 }, retry: { initial: 4s, jitter: 0 } } ]"));
        Assert.Equal(StepStatus.Retrying, _node.StateOf(id).Step("a").Status);

        GoBack();
        _node.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
        AssertTimesNeverFall(id);
    }

    [Fact]
    public void ASleep_EndsInTime_WhenTheClockGoesBackAnHour()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: delay, with: { duration: 10m } } ]"));

        GoBack();
        _node.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(JobStatus.Running, _node.StateOf(id).Status);
        _node.Advance(TimeSpan.FromMinutes(3));

        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
        AssertTimesNeverFall(id);
    }

    [Fact]
    public void AStartTime_ThatTheClockJumpsOver_IsNoticedWithinAMinute()
    {
        var spec = _node.Register("steps: [ { id: a, uses: noop } ]") with { StartAt = _node.Now + Hour };
        var id = _node.Accept(spec);

        _node.Time.SetWallClock(_node.Now + (2 * Hour));
        _node.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
    }

    [Fact]
    public void AStartTime_IsTheWallClocks_WhenThatHasGoneBackAnHour()
    {
        _node.Accept(_node.Register("steps: [ { id: a, uses: noop } ]"));
        GoBack();
        var spec = _node.Register("steps: [ { id: a, uses: noop } ]") with { StartAt = _node.Now + (Hour / 2) };
        var id = _node.Accept(spec);

        Assert.Equal(JobStatus.Scheduled, _node.StateOf(id).Status);
        _node.Advance((Hour / 2) - TimeSpan.FromSeconds(1));
        Assert.Equal(JobStatus.Scheduled, _node.StateOf(id).Status);
        _node.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
        AssertTimesNeverFall(id);
    }

    [Fact]
    public void AStartTimeAfterAnApproval_IsTheWallClocks_WhenThatHasGoneBackAnHour()
    {
        var id = _node.Accept(_node.Register("approval: required\nsteps: [ { id: a, uses: noop } ]") with { StartAt = _node.Now + (Hour / 2) });
        _node.Advance(Hour / 4);
        GoBack();
        _node.Give(id, new JobCommand.Approve(MemoryNode.Ada, null, _node.Gateway.Now));

        _node.Advance(Hour + (Hour / 4) - TimeSpan.FromSeconds(1));
        Assert.Equal(JobStatus.Scheduled, _node.StateOf(id).Status);
        _node.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
    }

    [Fact]
    public void AStartTime_IsNoticedSoon_WhenTheClockGoesBackAndForwardAgain()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: noop } ]") with { StartAt = _node.Now + (Hour / 2) });
        GoBack();
        _node.Advance(Hour / 2);
        Assert.Equal(JobStatus.Scheduled, _node.StateOf(id).Status);

        _node.Time.SetWallClock(_node.Now + Hour);
        _node.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
    }

    [Fact]
    public void AStartTime_ThatTheClockJumpsOver_IsNoticedSoon_ThoughEveryJobStaysInMemory()
    {
        var node = new MemoryNode(new NodeOptions { DrainTimeout = TimeSpan.Zero, PassivateIfIdleFor = null });
        var id = node.Accept(node.Register("steps: [ { id: a, uses: noop } ]") with { StartAt = node.Now + (10 * Hour) });

        node.Time.SetWallClock(node.Now + (11 * Hour));
        node.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(JobStatus.Completed, node.StateOf(id).Status);
    }

    [Fact]
    public void ARetry_ComesInTime_WhenTheClockGoesBackAnHourWhileNoProcessRuns()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: fail, with: { until_attempt: 3 }, retry: { initial: 4s, jitter: 0 } } ]"));
        GoBack();
        _node.Restart();
        Assert.Equal(StepStatus.Retrying, _node.StateOf(id).Step("a").Status);
        _node.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
        AssertTimesNeverFall(id);
    }

    [Fact]
    public void ATimeInTheFarFuture_IsNotBelieved_AfterARestart()
    {
        _node.Time.SetWallClock(_node.Now + TimeSpan.FromDays(400));
        _node.Accept(_node.Register("steps: [ { id: a, uses: noop } ]"));
        _node.Time.SetWallClock(_node.Now - TimeSpan.FromDays(400));
        _node.Restart();

        Assert.Equal(_node.Now, _node.Gateway.Now);
    }

    [Fact]
    public void AnOrder_IsRecordedAfterWhatCameBefore_WhenItWasGivenEarlier()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: delay, with: { duration: 1d } } ]"));
        var given = _node.Gateway.Now;
        _node.Advance(TimeSpan.FromSeconds(1));
        _node.Give(id, new JobCommand.ChangePriority(5, MemoryNode.Ada, null, _node.Gateway.Now));
        _node.Give(id, new JobCommand.ChangePriority(6, MemoryNode.Ada, null, given));

        AssertTimesNeverFall(id);
    }

    [Fact]
    public void AnOrder_IsRecordedAfterWhatCameBefore_WhenTheClockGoesBackAnHour()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: delay, with: { duration: 1d } } ]"));

        GoBack();
        _node.Give(id, new JobCommand.Pause(MemoryNode.Ada, "lunch", _node.Gateway.Now));
        _node.Give(id, new JobCommand.Cancel(MemoryNode.Ada, null, _node.Gateway.Now));

        AssertTimesNeverFall(id);
    }

    private void GoBack() => _node.Time.SetWallClock(_node.Now - Hour);

    private void AssertTimesNeverFall(JobId id)
    {
        var times = _node.Disk.Journal.Where(entry => entry.Id == id).Select(entry => entry.Event.At).ToList();
        Assert.Equal(times.Order(), times);
    }
}
