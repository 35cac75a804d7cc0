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
