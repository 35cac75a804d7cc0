using Dispatcher.Store;
using Dispatcher.Workflows.Scheduling;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>What <see cref="IScheduleStore"/> promises of events that cancel schedules.</summary>
public abstract class ScheduleCancelConformance : StoreConformance
{
    private static readonly DateTimeOffset RunAt = Noon.AddHours(1);

    private IScheduleStore Schedules => (IScheduleStore)Store;

    [Theory]
    [InlineData("job.started", ScheduleEventKind.Started)]
    [InlineData("job.completed", ScheduleEventKind.Completed)]
    [InlineData("job.failed", ScheduleEventKind.Failed)]
    [InlineData("job.cancelled", ScheduleEventKind.Failed)]
    [InlineData("job.rejected", ScheduleEventKind.Failed)]
    public async Task AnEventOfARun_CancelsThoseThatNameIt(string type, ScheduleEventKind kind)
    {
        await Put("data");
        await Put("other");
        await Put("named", new ScheduleCancel(kind, "data"));
        await Put("any", new ScheduleCancel(kind));
        await Put("not-this-schedule", new ScheduleCancel(kind, "other"));
        await Put("not-this-event", new ScheduleCancel(kind == ScheduleEventKind.Failed ? ScheduleEventKind.Completed : ScheduleEventKind.Failed, "data"));
        await Schedules.PutSchedule(New("data") with { Tenant = "others" });
        await Schedules.PutSchedule(New("named", new ScheduleCancel(kind, "data")) with { Tenant = "others" });
        Assert.Empty(await Schedules.ReadCancelledSchedules(10));

        await Appended(Run("data", 1, type, Noon.AddMinutes(5)));
        await Reopen();

        Assert.Equal(["any", "named"], await Cancelled());
        var found = await Schedules.FindCancellations([new("acme", "named"), new("acme", "any"), new("acme", "not-this-event"), new("others", "named")]);
        Assert.Equal(2, found.Count);
        Assert.Equal(new ScheduleHappening("data", kind, Noon.AddMinutes(5)), found[new("acme", "named")]);
        Assert.Equal(new ScheduleHappening("data", kind, Noon.AddMinutes(5)), found[new("acme", "any")]);
    }

    [Fact]
    public async Task EventsOfOneAppend_AreAllTold_AndOfOtherJobsNone()
    {
        await Put("data");
        await Put("a", new ScheduleCancel(ScheduleEventKind.Started, "data"));
        await Put("b", new ScheduleCancel(ScheduleEventKind.Completed, "data"));

        await Appended(Append(Id(1)) with { Events = [Event("job.completed")] });
        Assert.Empty(await Cancelled());
        await Appended(Run("data", 2, "job.started", Noon) with { Events = [Event("job.submitted"), Event("job.started"), Event("step.completed"), Event("job.completed")] });

        Assert.Equal(["a", "b"], await Cancelled());
    }

    [Fact]
    public async Task AnAppendThatIsRefused_TellsNothing()
    {
        await Put("data");
        await Put("a", new ScheduleCancel(ScheduleEventKind.Completed, "data"));

        var answers = await AppendAll(Run("data", 1, "job.completed", Noon) with { ExpectedSequenceNr = 7 });
        Assert.IsType<AppendResult.Conflict>(answers[0]);
        Assert.Empty(await Cancelled());

        answers = await AppendAll(Run("data", 2, "job.completed", Noon) with { ExpectedSequenceNr = 7 }, Run("data", 3, "job.started", Noon), Run("other", 4, "job.completed", Noon));
        Assert.Equal(1, answers.Count(answer => answer is AppendResult.Conflict));
        Assert.Empty(await Cancelled());
    }

    [Fact]
    public async Task OnlyWhatHappenedBeforeTheTime_Cancels_AndTheEarliestIsTold()
    {
        await Put("data");
        await Put("a", new ScheduleCancel(ScheduleEventKind.Completed, "data"), new ScheduleCancel(ScheduleEventKind.Failed, "data"));

        await Appended(Run("data", 1, "job.completed", RunAt));
        Assert.Empty(await Cancelled());
        // Stamped by another node, and committed later.
        await Appended(Run("data", 2, "job.completed", RunAt.AddSeconds(-1)));
        await Appended(Run("data", 3, "job.failed", RunAt.AddSeconds(-2)));
        await Appended(Run("data", 4, "job.completed", RunAt.AddSeconds(-1)));

        Assert.Equal(["a"], await Cancelled());
        Assert.Equal(new ScheduleHappening("data", ScheduleEventKind.Failed, RunAt.AddSeconds(-2)), (await Schedules.FindCancellations([new("acme", "a")])).Single().Value);
    }

    [Fact]
    public async Task ChangesOfSchedules_Cancel_ButNotThoseOfItsOwn()
    {
        await Put("data");
        await Put("created", new ScheduleCancel(ScheduleEventKind.Created));
        await Put("updated", new ScheduleCancel(ScheduleEventKind.Updated, "data"));
        await Put("deleted", new ScheduleCancel(ScheduleEventKind.Deleted, "data"));
        await Put("any-updated", new ScheduleCancel(ScheduleEventKind.Updated));
        Assert.Equal(["created"], await Cancelled());
        await Schedules.PutSchedule(New("any-updated", new ScheduleCancel(ScheduleEventKind.Updated)) with { ExpectedVersion = 1, KeepsTimes = true });
        Assert.Equal(["created"], await Cancelled());

        await Schedules.PutSchedule(New("data") with { ExpectedVersion = 1, At = Noon.AddMinutes(1) });
        Assert.Equal(["any-updated", "created", "updated"], await Cancelled());
        await Schedules.DeleteSchedule("acme", "data", 7, Noon.AddMinutes(2));
        Assert.DoesNotContain("deleted", await Cancelled());
        await Schedules.DeleteSchedule("acme", "data", null, Noon.AddMinutes(2));
        Assert.Equal(["any-updated", "created", "deleted", "updated"], await Cancelled());
        Assert.Equal(Noon.AddMinutes(2), (await Schedules.FindCancellations([new("acme", "deleted")])).Single().Value.At);
    }

    [Fact]
    public async Task WhatTheClockNotes_CancelsToo()
    {
        await Put("data");
        await Put("updated", new ScheduleCancel(ScheduleEventKind.Updated, "data"));
        await Put("failed", new ScheduleCancel(ScheduleEventKind.Failed, "data"));

        await Advance("data", 1, null, FiringRecord.None);
        Assert.Empty(await Cancelled());
        await Advance("data", 1, null, FiringRecord.None, ScheduleEventKind.Failed);
        Assert.Equal(["failed"], await Cancelled());
        await Advance("data", 1, null, FiringRecord.None, ScheduleEventKind.Updated);
        Assert.Equal(["failed", "updated"], await Cancelled());
    }

    [Fact]
    public async Task WhatHasHappened_StaysOverAPause_AndIsForgottenWithAnotherTime()
    {
        var cancel = new ScheduleCancel(ScheduleEventKind.Completed, "data");
        await Put("data");
        await Put("a", cancel);
        await Schedules.PutSchedule(New("a", cancel) with { ExpectedVersion = 1, Next = null });
        await Appended(Run("data", 1, "job.completed", Noon.AddMinutes(5)));
        Assert.Empty(await Cancelled());
        await Schedules.PutSchedule(New("a", cancel, new ScheduleCancel(ScheduleEventKind.Failed, "data")) with { ExpectedVersion = 2 });
        Assert.Equal(["a"], await Cancelled());

        var later = New("a", cancel);
        await Schedules.PutSchedule(later with { ExpectedVersion = 3, Definition = later.Definition with { At = RunAt.AddHours(1) }, Next = new FireTime(RunAt.AddHours(1), RunAt.AddHours(1)) });
        Assert.Empty(await Cancelled());
        await Appended(Run("data", 2, "job.completed", Noon.AddMinutes(6)));
        Assert.Equal(["a"], await Cancelled());
        await Schedules.PutSchedule(later with { ExpectedVersion = 4, Definition = later.Definition with { At = RunAt.AddHours(1), CancelOn = [] }, KeepsTimes = true });
        Assert.Empty(await Cancelled());
    }

    [Fact]
    public async Task ACancelledSchedule_StaysOver_UntilItHasAnotherTime()
    {
        var cancel = new ScheduleCancel(ScheduleEventKind.Completed, "data");
        await Put("data");
        await Put("a", cancel);
        await Appended(Run("data", 1, "job.completed", Noon.AddMinutes(5)));
        var record = new FiringRecord { Cancelled = new ScheduleCancellation(RunAt, new ScheduleHappening("data", ScheduleEventKind.Completed, Noon.AddMinutes(5))) };
        await Advance("a", 7, null, record);
        Assert.Equal(["a"], await Cancelled());
        await Advance("a", 1, null, record);
        Assert.Empty(await Cancelled());
        Assert.Empty(await Schedules.FindCancellations([new("acme", "a")]));
        await Reopen();
        Assert.Equal(record, (await Schedules.FindSchedule("acme", "a"))!.Record);

        var done = Assert.IsType<ScheduleWrite.Done>(await Schedules.PutSchedule(New("a", cancel) with { ExpectedVersion = 1 }));
        Assert.Equal((null, ScheduleEventKind.Completed), (done.Schedule.Next, done.Schedule.CancelledBy!.Event));
        Assert.Null((await Schedules.FindSchedule("acme", "a"))!.Next);
        var later = New("a", cancel) with { ExpectedVersion = 2 };
        done = Assert.IsType<ScheduleWrite.Done>(await Schedules.PutSchedule(later with { Definition = later.Definition with { At = RunAt.AddHours(1) } }));
        Assert.NotNull(done.Schedule.Next);
        Assert.Null(done.Schedule.CancelledBy);
        await Appended(Run("data", 2, "job.completed", Noon.AddMinutes(6)));
        Assert.Equal(["a"], await Cancelled());
    }

    [Fact]
    public async Task WhatIsNotThere_AndWhatCancelsTooMany_IsRefused()
    {
        Assert.Equal(["x", "y"], Assert.IsType<ScheduleWrite.UnknownCancels>(await Schedules.PutSchedule(New("a", new(ScheduleEventKind.Failed, "x"), new(ScheduleEventKind.Started, "y"), new(ScheduleEventKind.Failed)))).Ids);
        await Put("x");
        var failed = new ScheduleCancel(ScheduleEventKind.Failed, "x");
        foreach (var id in new[] { "s0", "s1", "s2" }) await Put(id, failed);
        var full = Assert.IsType<ScheduleWrite.TooManyCancels>(await Schedules.PutSchedule(New("a", new(ScheduleEventKind.Started, "x"), failed) with { LimitPerEvent = 3 }));
        Assert.Equal((failed, 3), (full.Cancel, full.Limit));
        Assert.IsType<ScheduleWrite.Done>(await Schedules.PutSchedule(New("s2", failed) with { LimitPerEvent = 3, ExpectedVersion = 1 }));
        await Schedules.DeleteSchedule("acme", "s1", null, Noon);
        Assert.IsType<ScheduleWrite.Done>(await Schedules.PutSchedule(New("a", failed) with { LimitPerEvent = 3 }));

        // What was there may be deleted since: a schedule that names it may be changed all the same.
        await Schedules.DeleteSchedule("acme", "x", null, Noon);
        Assert.IsType<ScheduleWrite.Done>(await Schedules.PutSchedule(New("s2", failed) with { ExpectedVersion = 2 }));
    }

    [Fact]
    public async Task EventsAndWishes_AtTheSameTime_NeverLockEachOtherOut()
    {
        await Put("one");
        await Put("two");
        for (var round = 0; round < 20; round++)
        {
            var number = 10 * round;
            await Put($"w{round}", new(ScheduleEventKind.Completed, "one"), new(ScheduleEventKind.Completed, "two"), new(ScheduleEventKind.Completed));
            var changes = Enumerable.Range(1, 4).Select(n => Schedules.PutSchedule(New($"c{round}-{n}", new ScheduleCancel(ScheduleEventKind.Completed, n % 2 == 0 ? "one" : "two"))).AsTask()).ToList();
            var notes = Advance("one", 1, null, FiringRecord.None, ScheduleEventKind.Updated);
            await AppendAll([.. Enumerable.Range(1, 6).Select(n => Run(n % 2 == 0 ? "two" : "one", number + n, "job.completed", Noon.AddMinutes(n)))]);
            await notes;
            Assert.All(await Task.WhenAll(changes), write => Assert.IsType<ScheduleWrite.Done>(write));

            Assert.Contains($"w{round}", await Cancelled());
        }
    }

    private async Task<IEnumerable<string>> Cancelled() => (await Schedules.ReadCancelledSchedules(1000)).Select(schedule => schedule.Id).Order(StringComparer.Ordinal);

    private async Task Put(string id, params ScheduleCancel[] cancels) => Assert.IsType<ScheduleWrite.Done>(await Schedules.PutSchedule(New(id, cancels)));

    private async Task Advance(string id, long version, FireTime? next, FiringRecord record, ScheduleEventKind? tells = null) => Assert.True(await Schedules.AdvanceSchedules(null,
    [
        new ScheduleAdvance("acme", id, Noon, version, next, null, record) { EndsCancels = true, Tells = tells is { } kind ? new ScheduleHappening(id, kind, Noon.AddMinutes(1)) : null },
    ]));

    private static NewSchedule New(string id, params ScheduleCancel[] cancels) => new(
        "acme", id, new ScheduleDefinition { Name = id, At = RunAt, CancelOn = [.. cancels] }, ExpectedVersion: 0, Next: new FireTime(RunAt, RunAt), KeepsTimes: false, SweepAt: null, Noon, LimitPerTenant: 5000);

    private static AppendRequest Run(string schedule, int number, string type, DateTimeOffset at) =>
        new(Id(number), 0, [Event(type, at: at)]) { Address = new JobAddress("acme", "w", null) { Schedule = schedule } };
}
