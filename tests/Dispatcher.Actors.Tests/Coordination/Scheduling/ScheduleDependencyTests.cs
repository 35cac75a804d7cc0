using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Actors.Tests.Coordination.Scheduling;

/// <summary>Schedules that wait for the runs of others.</summary>
public sealed class ScheduleDependencyTests : IDisposable
{
    private readonly ScheduleWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void AFiring_IsHeld_UntilTheLastDependencyHasCompleted_AndFiresOnceThen()
    {
        _world.Create("data", _world.Every("30 * * * *"));
        _world.Create("prices", _world.Every("45 * * * *", _world.Slow));
        _world.Create("report", _world.Every("*/10 * * * *") with { DependsOn = ["data", "prices"] });

        _world.Node.Advance(TimeSpan.FromMinutes(47));
        Assert.Empty(_world.Dues("report"));
        Assert.Equal(_world.Node.Now.Date.AddMinutes(10), _world.Find("report").HeldDue!.Value.UtcDateTime);
        _world.Node.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(_world.Dues("report"));
        _world.Node.Advance(TimeSpan.FromSeconds(2));

        // Four times were due, and they are one firing.
        Assert.Equal(["00:10:00 dependency"], _world.Dues("report"));
        Assert.Null(_world.Find("report").HeldDue);
    }

    [Fact]
    public void ARunOfADependency_CountsOnce_AndOnlyANewerOneAgain()
    {
        _world.Create("data", _world.Every("55 * * * *"));
        _world.Create("report", _world.Every("@hourly") with { DependsOn = ["data"] });

        _world.Node.Advance(TimeSpan.FromHours(2.5));
        Assert.Equal(["01:00:00", "02:00:00"], _world.Dues("report"));
        _world.Node.Do(async () => await _world.Book.Pause(ScheduleWorld.Tenant, "data", new SchedulePause()));
        _world.Node.Advance(TimeSpan.FromHours(2));
        Assert.Equal(["01:00:00", "02:00:00"], _world.Dues("report"));

        // Somebody makes a run by hand.
        _world.Node.Do(async () => await _world.Book.Run(ScheduleWorld.Tenant, "data", key: null));
        _world.Node.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["01:00:00", "02:00:00", "03:00:00 dependency"], _world.Dues("report"));
    }

    /// <summary>What counts is when the run was made, not when that was noted at last.</summary>
    [Fact]
    public void ARunOfADependency_BetweenAFiringAndItsNote_CountsForTheNextOne()
    {
        _world.Create("data", _world.Every("55 0 * * *"));
        _world.Create("report", _world.Every("@hourly") with { DependsOn = ["data"] });
        _world.Node.Advance(TimeSpan.FromMinutes(59));
        _world.Faults.FailingAdvances = int.MaxValue;
        _world.Node.Advance(TimeSpan.FromMinutes(6));
        _world.Node.Do(async () => await _world.Book.Run(ScheduleWorld.Tenant, "data", key: null));
        _world.Node.Advance(TimeSpan.FromMinutes(5));
        _world.Faults.FailingAdvances = 0;

        _world.Node.Advance(TimeSpan.FromHours(1));

        Assert.Equal(["01:00:00", "02:00:00"], _world.Dues("report"));
    }

    [Fact]
    public void AFailedRun_SatisfiesNothing()
    {
        var failing = _world.Node.Register("steps: [ { id: a, uses: fail, with: { class: permanent } } ]").Workflow;
        _world.Create("data", _world.Every("30 * * * *", failing));
        _world.Create("report", _world.Every("@hourly") with { DependsOn = ["data"] });

        _world.Node.Advance(TimeSpan.FromHours(3));

        Assert.Empty(_world.Dues("report"));
        Assert.Equal(3, _world.Runs("data").Count);
    }

    [Fact]
    public void AHeldFiring_SurvivesARestart()
    {
        _world.Create("data", _world.Every("30 * * * *"));
        _world.Create("report", _world.Every("10 0 * * *") with { DependsOn = ["data"] });
        _world.Node.Advance(TimeSpan.FromMinutes(20));

        _world.Node.Restart();
        _world.Node.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal(["00:10:00 dependency"], _world.Dues("report"));
    }

    [Fact]
    public void AHeldFiring_OfASchedulePausedMeanwhile_WaitsUntilItGoesOn()
    {
        Hold();
        _world.Node.Do(async () => await _world.Book.Pause(ScheduleWorld.Tenant, "report", new SchedulePause()));
        _world.Node.Advance(TimeSpan.FromMinutes(25));
        Assert.Empty(_world.Dues("report"));
        Assert.NotNull(_world.Find("report").HeldDue);

        _world.Node.Do(async () => await _world.Book.Resume(ScheduleWorld.Tenant, "report"));
        _world.Node.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["00:10:00 dependency"], _world.Dues("report"));
    }

    [Fact]
    public void AHeldFiring_OfAScheduleDisabledMeanwhile_IsDropped()
    {
        Hold();
        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, "report", definition => definition with { Enabled = false }));
        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, "report", definition => definition with { Enabled = true }));

        _world.Node.Advance(TimeSpan.FromMinutes(25));

        Assert.Empty(_world.Dues("report"));
        Assert.Null(_world.Find("report").HeldDue);
    }

    [Fact]
    public void DependenciesOfManySchedules_AreLookedUpTogether()
    {
        _world.Create("data", _world.Every("30 1 * * *"));
        for (var i = 0; i < 50; i++) _world.Create($"report{i}", _world.Every("@hourly") with { DependsOn = ["data"] });
        var looks = _world.Faults.DependencyLooks;

        _world.Node.Advance(TimeSpan.FromHours(1));

        // Once when they come due, and once for what is held then.
        Assert.InRange(_world.Faults.DependencyLooks - looks, 1, 3);
        Assert.NotNull(_world.Find("report49").HeldDue);
    }

    [Fact]
    public void WhoDependsOnADeletedSchedule_StaysHeld_UntilThatIsChanged()
    {
        _world.Create("data", _world.Every("@daily"));
        _world.Create("report", _world.Every("@hourly") with { DependsOn = ["data"] });
        _world.Node.Do(async () => await _world.Book.Delete(ScheduleWorld.Tenant, "data"));
        _world.Node.Advance(TimeSpan.FromHours(2));
        Assert.Empty(_world.Dues("report"));
        var map = _world.Node.Do(async () => await _world.Book.ReadMap(ScheduleWorld.Tenant));
        Assert.Equal("data", Assert.Single(map.Edges).DependsOn);
        Assert.Equal("data", Assert.Single(map.Missing).DependsOn);
        Assert.NotNull(Assert.Single(map.Nodes).HeldDue);

        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, "report", definition => definition with { DependsOn = [] }));
        _world.Node.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["01:00:00 dependency"], _world.Dues("report"));
    }

    /// <summary>A firing at ten past, which waits for a run at half past.</summary>
    private void Hold()
    {
        _world.Create("data", _world.Every("30 * * * *"));
        _world.Create("report", _world.Every("10 0 * * *") with { DependsOn = ["data"] });
        _world.Node.Advance(TimeSpan.FromMinutes(20));
        Assert.NotNull(_world.Find("report").HeldDue);
    }
}
