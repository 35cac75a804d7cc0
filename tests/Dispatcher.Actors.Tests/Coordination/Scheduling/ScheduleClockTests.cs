using System.Text.Json;
using Dispatcher.Actors.Tests.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Actors.Tests.Coordination.Scheduling;

/// <summary>Firing on a node that is alone, under a clock that moves when told.</summary>
public sealed class ScheduleClockTests : IDisposable
{
    private readonly ScheduleWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void ASchedule_FiresOnce_AtEachDueTime_AndNotesIt()
    {
        _world.Create("a", _world.Every("*/5 * * * *") with { Labels = Labels("team", "red"), Priority = 7 });

        _world.Node.Advance(TimeSpan.FromMinutes(16));

        Assert.Equal(["00:05:00", "00:10:00", "00:15:00"], _world.Dues("a"));
        var run = _world.Runs("a")[^1];
        Assert.Equal((JobStatus.Completed, "red", 7, "schedule:a@2026-01-01T00:15:00Z"), (run.Status, run.Labels!["team"], run.Priority, run.CorrelationId));
        Assert.Equal(At(15), run.CreatedAt);
        var record = _world.Find("a").Record;
        Assert.Equal((3L, At(15), run.Id, null), (record.Fired, record.LastDue, record.LastJob, record.Note));
        Assert.Equal(At(20), _world.Find("a").Next!.Value.Due);
    }

    [Fact]
    public void ANewSchedule_IsFired_ThoughTheClockSleptLonger_AndAChangedOne_AtItsNewTimes()
    {
        _world.Node.Advance(TimeSpan.FromSeconds(30));
        _world.Create("a", _world.Every("*/2 * * * * *"));
        _world.Node.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["00:00:32", "00:00:34"], _world.Dues("a"));

        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, "a", definition => definition with { Cron = "0 * * * *" }));
        _world.Node.Advance(TimeSpan.FromHours(1));

        Assert.Equal(["00:00:32", "00:00:34", "01:00:00"], _world.Dues("a"));
    }

    /// <summary>As when the term of a coordinator ends and the node leads again: the clock that was told and stopped takes nothing along that the next one needs.</summary>
    [Fact]
    public void ANewSchedule_IsHeardOf_ByTheNextClock_WhenTheLastWasStoppedBeforeItHeard()
    {
        _world.Node.Within(() =>
        {
            var (scheduler, system) = (_world.Node.Node.Scheduler!, _world.Node.Node.Scheduler!.Clock!.System);
            scheduler.Hinted(null);
            scheduler.Begin(system, term: null);
        });

        _world.Create("a", _world.Every("*/2 * * * * *"));
        _world.Node.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(["00:00:02", "00:00:04"], _world.Dues("a"));
    }

    [Fact]
    public void AChangeOfOtherThings_LosesNoFiring()
    {
        _world.Create("a", _world.Every("* * * * *"));
        _world.Faults.FailingAdvances = 0;
        // The time has come and the node has not woken yet.
        _world.Node.Time.Advance(TimeSpan.FromSeconds(60));
        _world.Node.Do(async () => await _world.Book.Change(ScheduleWorld.Tenant, "a", definition => definition with { Name = "renamed" }));

        _world.Node.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(["00:01:00"], _world.Dues("a"));
    }

    [Fact]
    public void AFiring_IsOneJob_WhenItsNoteGetsLost_OrTheProcessDiesBeforeIt()
    {
        _world.Create("a", _world.Every("*/5 * * * *"));
        _world.Faults.FailingAdvances = 1;
        _world.Node.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(["00:05:00"], _world.Dues("a"));
        Assert.Equal(1, _world.Find("a").Record.Fired);

        _world.Faults.FailingAdvances = int.MaxValue;
        _world.Node.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal((2, 1L), (_world.Runs("a").Count, _world.Find("a").Record.Fired));
        _world.Faults.FailingAdvances = 0;
        _world.Node.Restart();

        Assert.Equal(["00:05:00", "00:10:00"], _world.Dues("a"));
        Assert.Equal(2, _world.Find("a").Record.Fired);
    }

    [Fact]
    public void TheClock_LooksOnceAMinute_WhenNothingIsDue()
    {
        _world.Create("a", _world.Every("0 0 1 1 *"));
        var looks = _world.Faults.Looks;

        _world.Node.Advance(TimeSpan.FromHours(2));

        Assert.InRange(_world.Faults.Looks - looks, 119, 122);
    }

    [Fact]
    public void WhatComesDueWhileItLooks_IsFiredAtOnce()
    {
        _world.Create("a", _world.Every("0 1 * * *"));
        _world.Node.Advance(TimeSpan.FromMinutes(59) + TimeSpan.FromSeconds(30));
        _world.Faults.WhileLooking = () => _world.Node.Time.Advance(TimeSpan.FromSeconds(30));
        _world.Create("b", _world.Every("@yearly"));

        _world.Node.Advance(TimeSpan.FromSeconds(30.1));

        Assert.Equal(["01:00:00"], _world.Dues("a"));
    }

    /// <summary>The hour between two sweeps is a duration: a clock that was set back does not make it longer.</summary>
    [Fact]
    public void Sweeping_GoesOn_WhenTheClockIsSetBack()
    {
        _world.Create("once", _world.Every("@daily") with { Cron = null, At = _world.Node.Now.AddMinutes(5), ArchiveAfter = TimeSpan.FromMinutes(10) });
        _world.Node.Advance(TimeSpan.FromMinutes(6));

        _world.Node.Time.SetWallClock(_world.Node.Now.AddMinutes(-30));
        _world.Node.Advance(TimeSpan.FromMinutes(58));

        Assert.NotNull(_world.Find("once").ArchivedAt);
    }

    [Fact]
    public void RunsOverlap_WhenThatIsAllowed()
    {
        _world.Create("a", _world.Every("* * * * *", _world.Slow));

        _world.Node.Advance(TimeSpan.FromSeconds(190));

        Assert.Equal(["00:01:00", "00:02:00", "00:03:00"], _world.Dues("a"));
        Assert.Equal(3, _world.Runs("a").Count(run => run.Status == JobStatus.Running));
    }

    [Fact]
    public void AFiring_IsLeftOut_WhileARunHasNotEnded()
    {
        _world.Create("a", _world.Every("* * * * *", _world.Slow) with { Overlap = OverlapPolicy.Skip });

        _world.Node.Advance(TimeSpan.FromSeconds(250));

        Assert.Equal(["00:01:00", "00:04:00"], _world.Dues("a"));
        Assert.Equal(2, _world.Find("a").Record.Skipped);
        Assert.Null(_world.Find("a").Record.Note);
    }

    [Fact]
    public void OneFiring_IsKept_WhileARunHasNotEnded_AndRunsThen()
    {
        _world.Create("a", _world.Every("* * * * *", _world.Slow) with { Overlap = OverlapPolicy.BufferOne });

        _world.Node.Advance(TimeSpan.FromSeconds(200));
        Assert.Equal(["00:01:00", "00:02:00"], _world.Dues("a"));
        Assert.Equal([JobStatus.Running, JobStatus.Waiting], _world.Runs("a").Select(run => run.Status));
        _world.Node.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal([JobStatus.Completed, JobStatus.Running], _world.Runs("a").Select(run => run.Status));
        Assert.Equal(1, _world.Find("a").Record.Skipped);
        _world.Node.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(["00:01:00", "00:02:00", "00:04:00"], _world.Dues("a"));
    }

    /// <summary>The run that was kept is the last one, and not the one that runs.</summary>
    [Fact]
    public void TheNextFiring_IsKept_WhenTheOneThatWasKeptIsCancelled()
    {
        _world.Create("a", _world.Every("* * * * *", _world.Slow) with { Overlap = OverlapPolicy.BufferOne });
        _world.Node.Advance(TimeSpan.FromSeconds(130));
        _world.Node.Give(_world.Runs("a")[1].Id, new JobCommand.Cancel(MemoryNode.Ada, null, _world.Node.Gateway.Now));

        _world.Node.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal([JobStatus.Running, JobStatus.Cancelled, JobStatus.Waiting], _world.Runs("a").Select(run => run.Status));
        _world.Node.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal([JobStatus.Completed, JobStatus.Cancelled, JobStatus.Running], _world.Runs("a").Select(run => run.Status));
        Assert.Equal(["00:01:00", "00:02:00", "00:03:00"], _world.Dues("a"));
        Assert.Equal(0, _world.Find("a").Record.Skipped);
    }

    [Fact]
    public void APausedSchedule_DoesNotFire_AndGoesOn_WithoutMakingUp()
    {
        _world.Create("a", _world.Every("@hourly"));
        _world.Node.Do(async () => await _world.Book.Pause(ScheduleWorld.Tenant, "a", new SchedulePause()));
        _world.Node.Advance(TimeSpan.FromHours(2.5));
        Assert.Empty(_world.Dues("a"));

        _world.Node.Do(async () => await _world.Book.Resume(ScheduleWorld.Tenant, "a"));
        _world.Node.Advance(TimeSpan.FromHours(1));
        _world.Node.Do(async () => await _world.Book.Pause(ScheduleWorld.Tenant, "a", new SchedulePause(_world.Node.Now.AddHours(2))));
        _world.Node.Advance(TimeSpan.FromHours(3));

        Assert.Equal(["03:00:00", "06:00:00"], _world.Dues("a"));
    }

    [Fact]
    public void TheInput_SeesTheFiring()
    {
        var definition = _world.Every("0 1 * * *") with
        {
            TimeZone = "Asia/Tokyo",
            Input = JsonElement.Parse("""{"day":"${schedule.date}","due":"${schedule.due}","late":"${schedule.catch_up}","by":"${schedule.id} ${schedule.cause}"}"""),
        };
        _world.Create("a", definition);

        _world.Node.Advance(TimeSpan.FromHours(16));

        var state = _world.Node.StateOf(Assert.Single(_world.Runs("a")).Id);
        Assert.Equal("""{"by":"a time","day":"2026-01-02","due":"2026-01-01T16:00:00Z","late":false}""", state.Spec.Input!.Value.GetRawText());
    }

    [Fact]
    public void AFiringThatCanMakeNoRun_IsNoted_AndTheNextOneComes()
    {
        _world.Register(new PatternDefinition { Id = "p", Version = 1, Workflow = _world.Quick.Name });
        _world.Create("a", _world.Every("@hourly") with { Target = new ScheduleTarget(Pattern: "p") });
        // It is the newest version that is fired.
        _world.Register(new PatternDefinition { Id = "p", Version = 2, Workflow = _world.Quick.Name, Params = JsonElement.Parse("""{"type":"object","required":["x"]}""") });

        _world.Node.Advance(TimeSpan.FromHours(1));

        var found = _world.Find("a");
        Assert.Equal((0L, 1L), (found.Record.Fired, found.Record.Failed));
        Assert.Contains("do not fit", found.Record.Note, StringComparison.Ordinal);
        Assert.Equal(_world.Node.Now.AddHours(1), found.Next!.Value.Due);
    }

    [Fact]
    public void AThousandSchedules_FireAtOnce()
    {
        for (var i = 0; i < 1500; i++) _world.Create($"s{i}", _world.Every("@hourly"));

        _world.Node.Advance(TimeSpan.FromHours(1));

        var counts = _world.Node.Do(async () => await _world.Node.Store.CountJobs(ScheduleWorld.Tenant));
        Assert.Equal(1500, counts.Where(count => count.Status == JobStatus.Completed).Sum(count => count.Jobs));
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> Labels(string name, string value) =>
        System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add(name, value);

    private static DateTimeOffset At(int minutes) => Kernel.ManualTimeProvider.Epoch.AddMinutes(minutes);
}
