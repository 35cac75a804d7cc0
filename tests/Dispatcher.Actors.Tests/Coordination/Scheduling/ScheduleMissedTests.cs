using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Actors.Tests.Coordination.Scheduling;

/// <summary>Firings that are late, were missed, or wait for their jitter, on a node that is alone.</summary>
public sealed class ScheduleMissedTests : IDisposable
{
    private readonly ScheduleWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(CatchUpPolicy.One, new[] { "01:00:00", "02:00:00 catch-up", "08:00:00" }, 5)]
    [InlineData(CatchUpPolicy.Skip, new[] { "01:00:00", "08:00:00" }, 6)]
    [InlineData(CatchUpPolicy.All, new[] { "01:00:00", "02:00:00 catch-up", "03:00:00 catch-up", "04:00:00 catch-up", "05:00:00 catch-up", "06:00:00 catch-up", "07:00:00 catch-up", "08:00:00" }, 0)]
    public void MissedFirings_AreMadeUpFor_AsThePolicySays(CatchUpPolicy policy, string[] dues, long missed)
    {
        _world.Create("a", _world.Every("@hourly") with { CatchUp = policy });
        _world.Node.Advance(TimeSpan.FromMinutes(90));

        _world.BeDown(TimeSpan.FromHours(6));
        _world.Node.Advance(TimeSpan.FromHours(1));

        Assert.Equal(dues, _world.Dues("a"));
        Assert.Equal(missed, _world.Find("a").Record.Missed);
    }

    /// <summary>The process died between the run and its note: the run stands for its own time, and for no other that was missed since.</summary>
    [Theory]
    [InlineData(CatchUpPolicy.One, new[] { "01:00:00", "02:00:00", "03:00:00 catch-up", "09:00:00" }, 5)]
    [InlineData(CatchUpPolicy.Skip, new[] { "01:00:00", "02:00:00", "09:00:00" }, 6)]
    [InlineData(CatchUpPolicy.All, new[] { "01:00:00", "02:00:00", "03:00:00 catch-up", "04:00:00 catch-up", "05:00:00 catch-up", "06:00:00 catch-up", "07:00:00 catch-up", "08:00:00 catch-up", "09:00:00" }, 0)]
    public void MissedFirings_AreMadeUpFor_WhenTheLastOneWasMade_AndNotNoted(CatchUpPolicy policy, string[] dues, long missed)
    {
        _world.Create("a", _world.Every("@hourly") with { CatchUp = policy });
        _world.Node.Advance(TimeSpan.FromMinutes(90));
        _world.Faults.FailingAdvances = int.MaxValue;
        _world.Node.Advance(TimeSpan.FromMinutes(31));
        _world.Faults.FailingAdvances = 0;

        _world.BeDown(TimeSpan.FromHours(6));
        _world.Node.Advance(TimeSpan.FromHours(1));

        Assert.Equal(dues, _world.Dues("a"));
        var record = _world.Find("a").Record;
        Assert.Equal((dues.Length, missed), (record.Fired, record.Missed));
    }

    /// <summary>A run that makes up for many, and was not noted, stands for those that were missed when it was made.</summary>
    [Fact]
    public void MissedFirings_AreMadeUpFor_WhenTheRunThatMadeUpForOthersWasNotNoted()
    {
        _world.Create("a", _world.Every("@hourly"));
        _world.Node.Advance(TimeSpan.FromMinutes(90));
        _world.Faults.FailingAdvances = int.MaxValue;
        _world.BeDown(TimeSpan.FromHours(4));
        _world.Faults.FailingAdvances = 0;

        _world.BeDown(TimeSpan.FromHours(3));
        _world.Node.Advance(TimeSpan.FromHours(1));

        Assert.Equal(["01:00:00", "02:00:00 catch-up", "06:00:00 catch-up", "09:00:00"], _world.Dues("a"));
        Assert.Equal((4L, 5L), (_world.Find("a").Record.Fired, _world.Find("a").Record.Missed));
    }

    /// <summary>What is a little late is a firing, whatever was missed before it.</summary>
    [Theory]
    [InlineData(CatchUpPolicy.One, new[] { "01:00:00 catch-up", "05:00:00" }, 3)]
    [InlineData(CatchUpPolicy.Skip, new[] { "05:00:00" }, 4)]
    public void AFiringThatIsALittleLate_IsNoneOfThoseThatWereMissed(CatchUpPolicy policy, string[] dues, long missed)
    {
        _world.Create("a", _world.Every("@hourly") with { CatchUp = policy });

        _world.BeDown(TimeSpan.FromHours(5) + TimeSpan.FromSeconds(2));

        Assert.Equal(dues, _world.Dues("a"));
        Assert.Equal(missed, _world.Find("a").Record.Missed);
    }

    /// <summary>Its jitter is not over yet.</summary>
    [Theory]
    [InlineData(CatchUpPolicy.One, new[] { "01:00:00 catch-up", "06:00:00" }, 4)]
    [InlineData(CatchUpPolicy.Skip, new[] { "06:00:00" }, 5)]
    public void AFiringThatIsStillToCome_IsNoneOfThoseThatWereMissed(CatchUpPolicy policy, string[] dues, long missed)
    {
        var schedule = _world.Create("a", _world.Every("@hourly") with { CatchUp = policy, Jitter = TimeSpan.FromMinutes(30) });
        var toCome = new ScheduleTimes("a", schedule.Definition, schedule.CreatedAt).Next(At(359))!.Value;

        _world.BeDown(toCome.FireAt - _world.Node.Now - TimeSpan.FromMilliseconds(1));
        _world.Node.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(dues, _world.Dues("a"));
        Assert.Equal(missed, _world.Find("a").Record.Missed);
    }

    [Fact]
    public void OfVeryManyMissedFirings_TheNewestAreMadeUpFor_EachOnce()
    {
        _world.Create("a", _world.Every("* * * * *") with { CatchUp = CatchUpPolicy.All });

        _world.BeDown(TimeSpan.FromMinutes(1500));

        var runs = _world.Runs("a");
        Assert.Equal(ScheduleLimits.CatchUpFirings, runs.Count);
        Assert.Equal(("2026-01-01T08:21:00Z", "2026-01-02T01:00:00Z"), (runs[0].Labels![FiringLabels.Due], runs[^1].Labels![FiringLabels.Due]));
        Assert.Equal((1000L, 500L), (_world.Find("a").Record.Fired, _world.Find("a").Record.Missed));
    }

    [Fact]
    public void AFiringThatIsALittleLate_IsNoCatchUp()
    {
        _world.Create("a", _world.Every("*/2 * * * * *"));
        _world.Node.Advance(TimeSpan.FromSeconds(3));

        _world.BeDown(TimeSpan.FromSeconds(4));

        Assert.Equal(["00:00:02", "00:00:04", "00:00:06"], _world.Dues("a"));
    }

    [Fact]
    public void Jitter_DelaysAFiring_AndKeepsItsName()
    {
        _world.Create("a", _world.Every("@hourly") with { Jitter = TimeSpan.FromMinutes(10) });
        var next = _world.Find("a").Next!.Value;

        _world.Node.Advance(next.FireAt - _world.Node.Now - TimeSpan.FromMilliseconds(1));
        Assert.Empty(_world.Dues("a"));
        _world.Node.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(["01:00:00"], _world.Dues("a"));
        Assert.Equal(next.FireAt, Assert.Single(_world.Runs("a")).CreatedAt);
    }

    /// <summary>While nobody could fire, 01:00 was missed and 02:00 came due; what is due and still to happen is no missed firing.</summary>
    [Theory]
    [InlineData(CatchUpPolicy.One, new[] { "01:00:00 catch-up", "02:00:00" }, 0)]
    [InlineData(CatchUpPolicy.Skip, new[] { "02:00:00" }, 1)]
    [InlineData(CatchUpPolicy.All, new[] { "01:00:00 catch-up", "02:00:00" }, 0)]
    public void AFiringThatIsStillToHappen_IsNotPassedBy_WhenOthersWereMissed(CatchUpPolicy policy, string[] dues, long missed)
    {
        var definition = _world.Every("@hourly") with { CatchUp = policy, Jitter = TimeSpan.FromMinutes(30) };
        var id = Enumerable.Range(0, 100).Select(i => $"s{i}").First(id => new ScheduleTimes(id, definition, At(0)).NextTimes(At(0), 2)[1].FireAt > At(130));
        _world.Create(id, definition);
        _world.Node.Advance(TimeSpan.FromMinutes(50));

        _world.BeDown(TimeSpan.FromMinutes(80));
        _world.Node.Advance(TimeSpan.FromMinutes(30));

        Assert.Equal(dues, _world.Dues(id));
        Assert.Equal(missed, _world.Find(id).Record.Missed);
    }

    [Fact]
    public void EachDueTime_IsFired_HoweverLongTheJitter()
    {
        _world.Create("a", _world.Every("* * * * *") with { CatchUp = CatchUpPolicy.Skip, Jitter = TimeSpan.FromHours(1) });

        _world.Node.Advance(TimeSpan.FromHours(2));

        Assert.Equal(Enumerable.Range(1, 119).Select(minute => $"{minute / 60:00}:{minute % 60:00}:00"), _world.Dues("a").Take(119));
        Assert.Equal(0, _world.Find("a").Record.Missed);
    }

    [Fact]
    public void OfVeryManyMissedFirings_EachIsCounted_WithJitterToo()
    {
        var definition = _world.Every("* * * * *") with { CatchUp = CatchUpPolicy.All, Jitter = TimeSpan.FromMinutes(1) };
        _world.Create("a", definition);

        _world.BeDown(TimeSpan.FromMinutes(1500));

        var come = new ScheduleTimes("a", definition, At(0)).NextTimes(At(0), 1600).Count(time => time.FireAt <= _world.Node.Now);
        Assert.Equal((1000L, come - 1000L), (_world.Find("a").Record.Fired, _world.Find("a").Record.Missed));
    }

    private static DateTimeOffset At(int minutes) => Kernel.ManualTimeProvider.Epoch.AddMinutes(minutes);
}
