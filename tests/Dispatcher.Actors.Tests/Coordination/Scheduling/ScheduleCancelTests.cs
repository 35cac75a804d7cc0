using Dispatcher.Coordination.Scheduling;
using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Actors.Tests.Coordination.Scheduling;

/// <summary>Schedules that fire once, unless something else happens before.</summary>
public sealed class ScheduleCancelTests : IDisposable
{
    private readonly ScheduleWorld _world = new();

    public ScheduleCancelTests() => _world.Create("data", _world.Every("@daily"));

    public void Dispose() => _world.Dispose();

    [Fact]
    public void AnEventBeforeTheTime_EndsTheSchedule_WhichSaysWhy()
    {
        CreateReport(ScheduleEventKind.Updated);
        _world.Node.Advance(TimeSpan.FromMinutes(5));
        Assert.NotNull(_world.Find("report").Next);

        Update("data");
        _world.Node.Advance(TimeSpan.FromSeconds(1));

        var report = _world.Find("report");
        Assert.Equal((null, ScheduleStatus.Over), (report.Next, ScheduleStatuses.Of(report, _world.Node.Now)));
        Assert.Equal(("data", ScheduleEventKind.Updated), (report.CancelledBy!.Schedule, report.CancelledBy.Event));
        _world.Node.Advance(TimeSpan.FromHours(1));
        Assert.Empty(_world.Runs("report"));
    }

    [Fact]
    public void WithoutTheEvent_ItFires_AndLaterOnesChangeNothing()
    {
        CreateReport(ScheduleEventKind.Updated);
        Update("report2", create: true);
        _world.Node.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(["00:10:00"], _world.Dues("report"));

        Update("data");
        _world.Node.Advance(TimeSpan.FromMinutes(2));

        Assert.Null(_world.Find("report").CancelledBy);
        Assert.Equal(["00:10:00"], _world.Dues("report"));
    }

    [Fact]
    public void AnEventThatNobodyHeard_CountsAfterARestart()
    {
        CreateReport(ScheduleEventKind.Deleted);
        _world.Node.Advance(TimeSpan.FromMinutes(9));
        _world.Node.Do(async () => await _world.Faults.DeleteSchedule(ScheduleWorld.Tenant, "data", null, _world.Node.Now));

        _world.BeDown(TimeSpan.FromMinutes(30));
        _world.Node.Advance(TimeSpan.FromMinutes(2));

        Assert.Empty(_world.Runs("report"));
        Assert.Equal(ScheduleEventKind.Deleted, _world.Find("report").CancelledBy!.Event);
    }

    [Fact]
    public void AnEventAfterTheTime_CancelsNoFiring_ThatIsMadeUpFor()
    {
        CreateReport(ScheduleEventKind.Deleted);
        _world.Node.Advance(TimeSpan.FromMinutes(9));
        _world.Node.Do(async () => await _world.Faults.DeleteSchedule(ScheduleWorld.Tenant, "data", null, _world.Node.Now.AddMinutes(1)));

        _world.BeDown(TimeSpan.FromMinutes(20));
        _world.Node.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(["00:10:00 catch-up"], _world.Dues("report"));
        Assert.Null(_world.Find("report").CancelledBy);
    }

    [Fact]
    public void ANoteThatGotLost_IsMadeAgain()
    {
        CreateReport(ScheduleEventKind.Updated);
        Update("data");
        _world.Faults.FailingAdvances = 2;

        _world.Node.Advance(TimeSpan.FromSeconds(10));

        Assert.NotNull(_world.Find("report").CancelledBy);
    }

    [Fact]
    public void WhatHasFired_AndIsNotNotedYet_IsNotCancelledByAnEventThatCameToLightLater()
    {
        CreateReport(ScheduleEventKind.Updated);
        _world.Node.Advance(TimeSpan.FromMinutes(9.5));
        var due = _world.Find("report").Next!.Value.Due;
        _world.Faults.FailingAdvances = int.MaxValue;
        _world.Node.Advance(TimeSpan.FromSeconds(30.5));
        _world.Faults.FailingAdvances = 0;
        Assert.Equal(["00:10:00"], _world.Dues("report"));
        Assert.NotNull(_world.Find("report").Next);

        // Another node's event, stamped before the time and committed after the firing.
        var data = _world.Find("data");
        var write = _world.Node.Do(async () => await _world.Faults.PutSchedule(new NewSchedule(
            ScheduleWorld.Tenant, "data", data.Definition, data.Version, null, KeepsTimes: true, null, due.AddMilliseconds(-1), LimitPerTenant: 10)));
        Assert.IsType<ScheduleWrite.Done>(write);
        _world.Node.Advance(TimeSpan.FromMinutes(2));

        var report = _world.Find("report");
        Assert.Equal((1L, null, null), (report.Record.Fired, report.Next, report.CancelledBy));
        Assert.Equal(["00:10:00"], _world.Dues("report"));
    }

    [Fact]
    public void AnEventInAPause_EndsTheSchedule_WhenItIsResumed()
    {
        CreateReport(ScheduleEventKind.Updated);
        _world.Node.Do(async () => await _world.Book.Pause(ScheduleWorld.Tenant, "report", new SchedulePause()));
        Update("data");
        _world.Node.Advance(TimeSpan.FromMinutes(1));

        _world.Node.Do(async () => await _world.Book.Resume(ScheduleWorld.Tenant, "report"));
        _world.Node.Advance(TimeSpan.FromMinutes(20));

        Assert.Empty(_world.Runs("report"));
        Assert.NotNull(_world.Find("report").CancelledBy);
    }

    [Fact]
    public void AnotherTime_BeginsAnew()
    {
        CreateReport(ScheduleEventKind.Updated);
        Update("data");
        _world.Node.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(_world.Find("report").CancelledBy);

        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, "report", definition => definition with { Enabled = false }));
        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, "report", definition => definition with { Enabled = true }));
        Assert.Null(_world.Find("report").Next);
        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, "report", definition => definition with { At = definition.At!.Value.AddMinutes(5) }));
        _world.Node.Advance(TimeSpan.FromMinutes(20));

        Assert.Equal(["00:15:00"], _world.Dues("report"));
        Assert.Null(_world.Find("report").CancelledBy);
    }

    [Fact]
    public void WhatEndsOneSchedule_IsAChangeOfIt_ThatMayEndAnother()
    {
        CreateReport(ScheduleEventKind.Updated);
        _world.Create("summary", Once() with { CancelOn = [new ScheduleCancel(ScheduleEventKind.Updated, "report")] });

        Update("data");
        _world.Node.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("report", _world.Find("summary").CancelledBy!.Schedule);
    }

    [Fact]
    public void AFiringThatCanMakeNoRun_IsAFailure()
    {
        _world.Create("broken", Once(5) with { Target = new ScheduleTarget(_world.Quick.Name, 1) });
        _world.Create("report", Once() with { CancelOn = [new ScheduleCancel(ScheduleEventKind.Failed, "broken")] });
        var broken = _world.Find("broken");
        var gone = broken.Definition with { Target = new ScheduleTarget(_world.Quick.Name, 9) };
        _world.Node.Do(async () => await _world.Faults.PutSchedule(new NewSchedule(ScheduleWorld.Tenant, "broken", gone, 1, null, KeepsTimes: true, null, _world.Node.Now, LimitPerTenant: 10)));

        _world.Node.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal(1, _world.Find("broken").Record.Failed);
        Assert.Equal("broken", _world.Find("report").CancelledBy!.Schedule);
    }

    [Fact]
    public void WhatCannotHappen_IsRefused()
    {
        Assert.Contains("cancel_on: names nobody, and there is no such schedule", Refused(new ScheduleCancel(ScheduleEventKind.Failed, "nobody")), StringComparison.Ordinal);
        Assert.Contains("cancel_on: names the schedule itself", Refused(new ScheduleCancel(ScheduleEventKind.Failed, "a")), StringComparison.Ordinal);
        Assert.Contains("cancel_on[0]: cannot happen", Refused(new ScheduleCancel(ScheduleEventKind.Created, "data")), StringComparison.Ordinal);
        Assert.Contains("cancel_on[0].schedule: 'no id'", Refused(new ScheduleCancel(ScheduleEventKind.Failed, "no id")), StringComparison.Ordinal);
        Assert.Contains("at most 20", Refused([.. Enumerable.Range(0, 21).Select(n => new ScheduleCancel(ScheduleEventKind.Failed, $"s{n}"))]), StringComparison.Ordinal);
        Assert.Contains("goes with at", Refusal(_world.Every("@daily") with { CancelOn = [new ScheduleCancel(ScheduleEventKind.Failed, "data")] }), StringComparison.Ordinal);

        string Refused(params ScheduleCancel[] cancels) => Refusal(Once() with { CancelOn = [.. cancels] });

        string Refusal(ScheduleDefinition definition) => _world.Node.Do(async () => await _world.Book.Create(ScheduleWorld.Tenant, "a", definition)).Refusal!.Message;
    }

    private void CreateReport(ScheduleEventKind kind) => _world.Create("report", Once() with { CancelOn = [new ScheduleCancel(kind, "data")] });

    private ScheduleDefinition Once(double minutes = 10) => _world.Every("@daily") with { Cron = null, At = _world.Node.Now.AddMinutes(minutes) };

    private void Update(string id, bool create = false)
    {
        if (create) _world.Create(id, _world.Every("@daily"));
        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, id, definition => definition with { Description = "changed" }));
    }
}
